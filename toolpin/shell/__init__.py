"""Text for shells: activation, completion, environment formats."""
