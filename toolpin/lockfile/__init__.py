"""`toolpin.lock`: its value, its text, and the scope of a lock."""
