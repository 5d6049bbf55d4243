"""The setting that states where toolpin is published."""

# A repository on GitHub, as `owner/name`, whose tags are toolpin's releases. While it
# is empty no code may name one: its owner decides what users of that name run.
HOME = ""
