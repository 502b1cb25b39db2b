"""What a lap of the accounts takes."""
