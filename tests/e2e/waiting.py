"""Waiting for what comes over the event bus."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE_S = 20


def until(look: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
    """What it finds, once it finds something. AssertionError if that takes too long."""
    give_up_at = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < give_up_at, "nothing came"
        time.sleep(0.2)
    return found
