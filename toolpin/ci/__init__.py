"""A CI job: the keys of its cache, its directory, and the trees in it."""
