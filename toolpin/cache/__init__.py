"""What was fetched or asked before: archives by digest, lists with their age."""
