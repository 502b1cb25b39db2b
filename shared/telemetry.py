"""The port to logs and metrics, by the names of the protocol: a transition is one log event and one count."""

from typing import Any, Protocol


class Telemetry(Protocol):
    """One function's log and metrics. Never holds an address nor a message's data (ADR 10). Threads may share it."""

    def count(self, event: str, **facts: Any) -> None:
        """Something expected happened, such as a transition."""

    def refuse(self, event: str, error: Exception, **facts: Any) -> None:
        """Something that should not be there was refused: logged with its reason, counted, nothing done."""

    def gauge(self, name: str, value: float) -> None: ...

    def debug(self, event: str, **facts: Any) -> None: ...

    def flush(self) -> None:
        """Writes the invocation's metrics out, if there are any."""
