"""Archives: their members, and unpacking them into trees."""
