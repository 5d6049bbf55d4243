"""What a shell reads: activation, completion, environment formats."""
