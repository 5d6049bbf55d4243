"""The checks of `doctor`, and the explanation of `why`."""
