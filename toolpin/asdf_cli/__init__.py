"""The `asdf` command: asdf's commands, output and exit codes."""
