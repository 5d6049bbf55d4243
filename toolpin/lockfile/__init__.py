"""`toolpin.lock`: its value and text, and who obeys it."""
