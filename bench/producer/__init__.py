"""A million messages in one go: what the producer needs for each row, and in all."""
