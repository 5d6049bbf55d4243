"""The `asdf` command over toolpin's core: asdf's words, answers, streams and codes."""
