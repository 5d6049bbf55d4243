"""What `doctor` and `why` look at, and what they make of it."""
