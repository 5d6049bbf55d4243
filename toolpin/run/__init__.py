"""Turns a command's name into a program, its environment, and a process."""
