"""What native files say of themselves, and which machines run them."""
