"""What has happened in one schedule, event by event, as a person can read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from shared.times import Clock, to_text

Key = tuple[str, str]


@dataclass(frozen=True)
class Event:
    at: datetime
    who: str
    about: Key | None
    """None: it is about all messages."""
    what: str

    def __str__(self) -> str:
        return f"{to_text(self.at)[5:-1]}  {self.who}: {self.what}"


class Story:
    """Keeps the events, and whose request is just being carried out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.events: list[Event] = []
        self.writer, self.doing = "", ""
        """Whose request is being carried out, and what it is."""

    def tell(self, about: Key | None, who: str, what: str) -> None:
        self.events.append(Event(self._clock(), who, about, what))

    @contextmanager
    def of(self, who: str, doing: str) -> Iterator[None]:
        before = self.writer, self.doing
        self.writer, self.doing = who, doing
        try:
            yield
        finally:
            self.writer, self.doing = before

    def about(self, key: Key | None) -> Iterator[Event]:
        """What concerns that message (None: any): what was said of it, and what befell the processes that had to do with it."""
        involved = {event.who for event in self.events if event.about == key}
        for event in self.events:
            if key is None or event.about == key or (event.about is None and event.who in involved):
                yield event
