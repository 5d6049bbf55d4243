"""Resolves requests to versions; no other package does."""
