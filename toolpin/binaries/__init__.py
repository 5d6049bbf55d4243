"""The headers of native files, and the machines that can run them."""
