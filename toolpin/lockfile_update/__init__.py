"""Creates and updates `toolpin.lock`."""
