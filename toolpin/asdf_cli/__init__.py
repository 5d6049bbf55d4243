"""The `asdf` command: asdf's words, answers and exit codes."""
