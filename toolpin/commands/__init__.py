"""One file a verb: `add_arguments` describes it, `run` does it and returns its code."""
