"""The pipeline: a pin becomes a version that is installed."""
