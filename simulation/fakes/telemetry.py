"""Telemetry that a test can read."""

import json
from typing import Any


class FakeTelemetry:
    """Remembers the names of what happened."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.refusals: list[str] = []
        self.gauges: dict[str, float] = {}

    def count(self, event: str, **facts: Any) -> None:
        json.dumps(facts)  # what can't be logged would fail in the real one
        self.events.append(event)

    def refuse(self, event: str, error: Exception, **facts: Any) -> None:
        json.dumps(facts)
        self.events.append(event)
        self.refusals.append(str(error))

    def gauge(self, name: str, value: float) -> None:
        self.gauges[name] = value

    def debug(self, event: str, **facts: Any) -> None: ...

    def flush(self) -> None: ...
