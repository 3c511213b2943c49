"""Exception triage: what is wrong, what belongs together, what comes first, what has gone away again."""
