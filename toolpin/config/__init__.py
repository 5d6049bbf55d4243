"""config.toml, and asdf's own settings."""
