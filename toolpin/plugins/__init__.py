"""Tool plugins: their TOML schema, and the registry of all of them."""
