"""Tasks shared by the commands of toolpin and of asdf: install, remove, list."""
