"""What issue 2 must show, as tests at the door: the command line, and processes where processes are the point."""
