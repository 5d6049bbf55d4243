"""A CI job: the keys of its cache, its folder, and the trees in it."""
