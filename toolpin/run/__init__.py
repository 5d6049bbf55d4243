"""A command's name becomes a program, its environment, and a process."""
