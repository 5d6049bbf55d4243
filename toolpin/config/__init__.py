"""config.toml, and what asdf's own settings mean for toolpin."""
