"""What it takes to look at a month of a million messages among fourteen such months."""
