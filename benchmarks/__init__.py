"""Timings and ratios; never tests."""
