"""A stack that is left alone: what it costs, and what it does."""
