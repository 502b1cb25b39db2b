"""A mail as its recipient sees it: found, rendered, shown, and sent as a test (ADR 36)."""
