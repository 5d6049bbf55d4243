"""What is done to versions once installed: checked, repaired, taken over, removed."""
