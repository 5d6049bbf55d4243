"""Plugins in use: drafted, tried, and there for a lockfile that names them."""
