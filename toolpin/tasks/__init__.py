"""What the commands of toolpin and of asdf do alike: install, remove, list."""
