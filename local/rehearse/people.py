"""Twelve users with plain names, so that a scene can be read."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from local.usage.csv_file import UsageEvent
from shared.periods import Period

PEOPLE = ("ann", "bob", "cem", "dora", "eli", "fay", "gus", "hal", "ida", "jon", "kim", "leo")


def events(period: Period, people: Collection[str] = PEOPLE) -> Iterator[UsageEvent]:
    """What these people used in the month: each something on some days of it."""
    for name in people:
        number = PEOPLE.index(name) + 1
        for day in range(number, 28, 9):
            at = datetime.combine(period.start + timedelta(days=day), time(9 + number % 8, 5 * number % 60), UTC)
            minutes = Decimal(f"{7 * number + 3 * day}.500")
            yield UsageEvent(name, f"{name}@example.com", f"phone-{name}", at, minutes)
