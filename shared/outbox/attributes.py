"""Typed attributes out of an item that may have been edited by hand. Raises InvalidMessageError, which names the attribute."""

from datetime import datetime
from typing import Any

from shared.errors import InvalidMessageError
from shared.outbox.states import Status
from shared.store import Item
from shared.times import from_text

PRIVATE = ("email", "data")
"""Attributes whose values no error may quote."""


class Reader:
    """Takes typed attributes out of an item that may have been edited by hand."""

    def __init__(self, item: Item) -> None:
        self._item = item

    def _wrong(self, name: str, wanted: str) -> InvalidMessageError:
        if name not in self._item:
            found = "nothing"
        else:
            found = type(self._item[name]).__name__ if name in PRIVATE else repr(self._item[name])[:80]
        return InvalidMessageError(f"attribute {name} should be {wanted}, found {found}", attribute=name)

    def status(self) -> Status:
        try:
            return Status(self._item.get("status", ""))
        except ValueError:
            raise self._wrong("status", f"one of {', '.join(Status)}") from None

    def number(self, name: str, default: int | None = None) -> int:
        value = self._item.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "a whole number")
        return value

    def text(self, name: str) -> str:
        value = self._item.get(name)
        if not isinstance(value, str) or not value:
            raise self._wrong(name, "a text")
        return value

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if name in self._item else None

    def texts(self, name: str) -> dict[str, str]:
        value: Any = self._item.get(name)
        if not isinstance(value, dict) or not all(isinstance(part, str) for part in value.values()):
            raise self._wrong(name, "a map of texts")
        return value

    def instant(self, name: str) -> datetime | None:
        if name not in self._item:
            return None
        try:
            return from_text(self.text(name))
        except ValueError:
            raise self._wrong(name, "an instant such as 2026-11-01T06:00:00.000Z") from None

    def instants(self, name: str) -> dict[str, str]:
        texts = self.texts(name)
        try:
            for text in texts.values():
                from_text(text)
        except ValueError:
            raise self._wrong(name, "a map of instants such as 2026-11-01T06:00:00.000Z") from None
        return texts
