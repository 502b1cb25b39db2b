"""A usage file to try everything with: invented, plausible, and the same every time.

    python -m local sample 2026-10 3000 sample.csv

Exactly as many users as asked for use something in the month, and so get a mail. Some of them are new; a few users
more were there in the month before only, and get none.
"""

import argparse
import csv
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from local.usage.csv_file import COLUMNS

# User ids as real systems have them after some years. All are at most 128 bytes of UTF-8.
ADVENTUROUS_USER_IDS = (
    "zoë müller",
    "acme/team-7/ana",
    "李雷",
    "🦊-fox",
    "👩\u200d💻",
    "می\u200cخواهم",
    "right\u202eleft",
    'nora "nono" o\'neill',
    "doe, john",
    "50%_off+1@home",
    "<b>bold</b>",
    "  two spaces  ",
    "=1+1",
    "ÄÖÜ-ß\\n",
    "x" * 128,
)

_SEED = 20261001
_SHARE_NEW = 0.06
_SHARE_QUIET = 0.15
_SHARE_LAPSED = 0.02
_WORKDAY_HOURS = (9, 10, 10, 11, 13, 14, 14, 15, 16, 20)
_WEEKEND_HOURS = (10, 12, 16, 18, 20, 21, 22)


def write(path: Path, month: date, users: int) -> int:
    """Write the events of `users` users for `month` (its first day) and the month before; return their number."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows(month, users):
            writer.writerow(row)
            count += 1
    return count


def rows(month: date, users: int) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the events in the order of COLUMNS, user by user."""
    month_before = (month - timedelta(days=1)).replace(day=1)
    random = Random(_SEED)
    for number in range(users):
        days_a_week = 1.0 if random.random() < _SHARE_QUIET else random.uniform(2.0, 6.5)
        user = _User(random, number, days_a_week)
        if random.random() >= _SHARE_NEW:
            yield from user.events(month_before)
        yield from user.events(month)
    for number in range(users, users + int(users * _SHARE_LAPSED)):
        yield from _User(random, number, 2.0).events(month_before)


class _User:
    """One invented person, with devices and habits."""

    def __init__(self, random: Random, number: int, days_a_week: float) -> None:
        adventurous = 0 < number <= len(ADVENTUROUS_USER_IDS)
        self._random = random
        self._user_id = ADVENTUROUS_USER_IDS[number - 1] if adventurous else f"u-{number + 1:05}"
        self._email = f"user-{number + 1:05}@example.com"
        self._days_a_week = days_a_week
        self._session_minutes = random.lognormvariate(3.0, 0.6)
        devices = random.choices((1, 2, 3, 4, 5), (40, 32, 16, 8, 4))[0]
        self._devices = [f"{kind}-{number + 1:05}" for kind in ("phone", "laptop", "tablet", "tv", "watch")[:devices]]

    def events(self, month: date) -> Iterator[tuple[str, str, str, str, str]]:
        """Yield a month of events, at least one, in order of day."""
        random = self._random
        mood = random.uniform(0.6, 1.4)  # months differ
        days = monthrange(month.year, month.month)[1]
        certain = random.randrange(days)
        for offset in range(days):
            day = month + timedelta(days=offset)
            weekend = day.weekday() >= 5
            chance = self._days_a_week / 7 * (0.6 if weekend else 1.15)
            if offset != certain and random.random() >= chance:
                continue
            for _ in range(random.choice((1, 1, 2))):
                hour = random.choice(_WEEKEND_HOURS if weekend else _WORKDAY_HOURS)
                at = datetime(
                    day.year, day.month, day.day, hour, random.randrange(60), random.randrange(60), tzinfo=UTC
                )
                minutes = min(self._session_minutes * mood * random.uniform(0.4, 1.8), 180.0)
                device = random.choice(self._devices)
                yield self._user_id, self._email, device, f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{minutes:.2f}"


def main() -> int:
    """Write a sample from the command line."""
    parser = argparse.ArgumentParser(prog="python -m local sample", description="Write an invented usage file.")
    parser.add_argument("month", type=lambda text: date.fromisoformat(f"{text}-01"), help="for example 2026-10")
    parser.add_argument("users", type=int)
    parser.add_argument("path", type=Path)
    arguments = parser.parse_args()
    print(f"{write(arguments.path, arguments.month, arguments.users)} events in {arguments.path}")
    return 0
