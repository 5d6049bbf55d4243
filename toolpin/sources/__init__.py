"""The kinds of place that have builds: one module each, behind one protocol."""
