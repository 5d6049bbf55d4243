"""What the user has set: toolpin's configuration, and what asdf's means here."""
