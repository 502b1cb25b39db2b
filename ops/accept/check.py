"""A check: what must hold, whether it does, and what to do where it does not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    name: str
    """One sentence: what holds if it passes."""
    passed: bool
    found: str = ""
    """What was seen."""
    todo: str = ""
    """What to do if it failed."""
