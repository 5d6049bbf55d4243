"""asdf plugins: git checkouts, and the scripts in them."""
