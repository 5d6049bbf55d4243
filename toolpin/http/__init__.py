"""Bytes from a URL: who may be asked, who is trusted, what comes and when it ends."""
