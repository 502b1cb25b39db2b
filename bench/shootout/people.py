"""The users of a shoot-out, the same for every contestant: a line of JSON each, and as usage events for ours."""

import csv
import json
import random
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from bench.contestants.common import User
from local.usage.csv_file import COLUMNS
from shared.periods import Period


def people(number: int, seed: int) -> list[User]:
    """So many users; each has an address of their own, by which the witness knows them."""
    dice = random.Random(seed)
    return [
        User(f"u-{one:05}", f"user-{one:05}@example.com", {"minutes": str(dice.randint(5, 900))})
        for one in range(1, number + 1)
    ]


def write(path: Path, users: Iterable[User]) -> None:
    """A line of JSON each."""
    path.write_text("".join(json.dumps(asdict(user)) + "\n" for user in users))


def write_usage(path: Path, users: Iterable[User], period: Period) -> None:
    """As a usage file: one event in the period for each."""
    noon = datetime(period.start.year, period.start.month, 15, 12)  # noqa: DTZ001
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, user in enumerate(users):
            at = noon + timedelta(seconds=number)
            writer.writerow(
                (user.user_id, user.address, f"phone-{number}", f"{at:%Y-%m-%dT%H:%M:%SZ}", user.data["minutes"])
            )
