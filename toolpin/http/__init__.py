"""The HTTP client: requests with deadlines, redirects, credentials and resumption."""
