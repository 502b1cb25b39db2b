"""The whole month in virtual time, from a thousand users to ten million: what AWS would bill for it."""
