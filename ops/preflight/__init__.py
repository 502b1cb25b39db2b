"""A look at a month before it goes out: the run's own query and first pass, and nothing is written (ADR 37)."""
