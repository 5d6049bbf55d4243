"""The installed versions: published trees, and unfinished ones."""
