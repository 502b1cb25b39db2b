"""Instants as the tables hold them: ISO 8601, UTC, of a fixed width, so texts sort as instants do."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Tells the present instant, with its zone."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def to_text(at: datetime) -> str:
    """`2026-11-01T06:00:00.000Z`: 24 characters, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def from_text(text: str) -> datetime:
    """The instant that `to_text` wrote. Raises ValueError for anything without a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"an instant needs a zone: {text!r}")
    return at


def to_micros(at: datetime) -> int:
    """Microseconds since the epoch, exactly (float seconds would lose the last digits)."""
    delta = at - datetime.fromtimestamp(0, UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_micros(micros: int) -> datetime:
    seconds, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
