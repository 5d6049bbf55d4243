"""CI jobs: the cache keys, the cached directory, and the trees in it."""
