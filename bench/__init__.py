"""What the program costs, beside its floor, measured in one run."""
