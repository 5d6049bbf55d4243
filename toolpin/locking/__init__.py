"""How `toolpin.lock` is made, and made anew."""
