"""What mail/usage is on the embedded AWS: its query in Athena's SQL, and the preview, which runs query and templates.

These tests start an embedded AWS, so they are not in tests/unit, which needs no process beside its own: the broken variants
(tests/mutation) run that again and again.
"""
