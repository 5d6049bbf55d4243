"""Kills toolpin at every step, and lets many of it work on one store at once.

    python -m tests.crashes [--points N] [--random N] [--seed N] [--only STEP,...]

prints a table; it ends with 1 where an install was lost, `list` lied, a command could
not go on, or a file was left behind. A short form is in `tests/e2e`.
"""
