"""The bodies of the commands, one room per errand; each returns the exit code."""
