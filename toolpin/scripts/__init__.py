"""asdf's plugins at work: their scripts, and their answers."""
