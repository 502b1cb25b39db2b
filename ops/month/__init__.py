"""What is known of a month: read in seconds, for `status`, the console and the report alike."""
