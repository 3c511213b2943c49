"""The groups of commands, a room each: what is typed, and which room of `api.cli.commands` answers it."""
