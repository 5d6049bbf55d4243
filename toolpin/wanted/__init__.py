"""What is wanted of a folder: words become requests, requests become jobs."""
