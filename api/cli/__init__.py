"""The command line: data on stdout in a versioned envelope, progress on stderr, fixed exit codes."""
