"""The embedded AWS: the whole product on one machine, without an account and without Docker."""
