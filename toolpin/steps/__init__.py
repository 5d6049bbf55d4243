"""The steps of a plan: unpack or build a tree, finish it in place, and check it."""
