"""What knows one tool: a TOML file, read into a Tool, from which plans are made."""
