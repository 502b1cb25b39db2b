"""The port to logs and metrics, by the names of the protocol: a transition is one log event and one count."""

from typing import Any, Protocol


class Telemetry(Protocol):
    """One function's log and metrics. Neither holds an address or a message's data (ADR 10). Threads may share it."""

    def count(self, event: str, **facts: Any) -> None:
        """Something expected has happened, such as a transition: logged and counted."""

    def refuse(self, event: str, error: Exception, **facts: Any) -> None:
        """Something that should not be there was refused, and nothing done: logged with its reason, and counted."""

    def gauge(self, name: str, value: float) -> None:
        """A metric's value at this instant."""

    def debug(self, event: str, **facts: Any) -> None:
        """Logged only where the log level is DEBUG."""

    def flush(self) -> None:
        """Writes the invocation's metrics out, if there are any."""
