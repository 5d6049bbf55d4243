"""Archives: what they hold, and the trees that they become."""
