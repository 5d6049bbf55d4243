"""The installed versions: what is published, and what is half done."""
