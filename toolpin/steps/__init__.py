"""The steps of a plan: a tree unpacked or built, finished in its place, and proven."""
