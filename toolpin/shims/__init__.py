"""The shims: the text of one, the folder of all."""
