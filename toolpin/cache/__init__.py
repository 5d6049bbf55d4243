"""The cache: archives by digest, lists with their age."""
