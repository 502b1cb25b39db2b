"""One run of a function: how long it took, as it is charged for."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Run:
    """Filled in while it runs."""

    environment: str = ""
    """Which process it was, for as long as that lives."""
    started_s: float | None = None
    """What the start of the process has taken; None: it was there."""
    ran_s: float = 0.0
    """What the handler has taken."""
    failed: bool = False

    @contextmanager
    def starting(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.started_s = time.monotonic() - began

    @contextmanager
    def running(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.ran_s = time.monotonic() - began

    @property
    def duration_ms(self) -> float:
        """Of the handler alone (source: lambda-duration)."""
        return round(1000 * self.ran_s, 2)

    @property
    def start_ms(self) -> float | None:
        return None if self.started_s is None else round(1000 * self.started_s, 2)

    @property
    def billed_ms(self) -> int:
        """Whole milliseconds, the start included (source: lambda-init-billed)."""
        return math.ceil(self.duration_ms + (self.start_ms or 0))
