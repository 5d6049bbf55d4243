"""The pipeline that turns a pin into an installed version."""
