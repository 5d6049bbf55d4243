"""What a shell reads: assignments and the check of its hook, in its own language. Pure.

The hooks themselves are `shims/hook.*`, files that can be read and linted.
"""
