"""A month in which everything breaks: `make chaos`."""
