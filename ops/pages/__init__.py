"""What every page is made with: one base, one style, and the words for times, numbers and addresses."""
