"""The operating system: paths, processes, file locks, modes, output."""
