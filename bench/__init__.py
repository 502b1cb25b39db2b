"""What is promised in figures, measured."""
