"""The console: pages on this machine alone, with the operator's own credentials. Nothing is deployed for it (ADR 38)."""
