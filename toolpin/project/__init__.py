"""The files by which a project says what it runs on."""
