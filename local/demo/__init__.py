"""A month in which the producer is killed, acted out: `make demo`."""
