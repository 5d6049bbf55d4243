"""Turns requests into versions: the only place that answers which one it is."""
