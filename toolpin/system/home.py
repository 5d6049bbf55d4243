"""The one setting that says where toolpin is published."""

# A repository on GitHub, as `owner/name`, whose tags are toolpin's releases. While it
# is empty nothing may name one: whoever registers a name decides what is run under it.
HOME = ""
