"""The kinds of source: one module each, behind one protocol."""
