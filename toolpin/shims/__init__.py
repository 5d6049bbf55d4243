"""The shims: the text of one, the directory of all."""
