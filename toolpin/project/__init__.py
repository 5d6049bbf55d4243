"""The files in which a project states the versions it needs."""
