"""What the designs share: whom to send to, and how SES is asked. Only boto3 and the standard library."""

import json
import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import boto3

from bench.shootout.contestant import Ground

SENDER = "month@example.com"
TEMPLATE = "usage"
"""SES knows it before a contestant is prepared."""


@dataclass(frozen=True)
class User:
    user_id: str
    address: str
    data: dict[str, str]
    """For the template."""


def everybody(text: str) -> Iterator[User]:
    """The users in order, from the file's text."""
    return (User(**json.loads(line)) for line in text.splitlines())


def users(ground: Ground, text: str | None = None) -> Iterator[User]:
    """The same for the producer, which is killed where the ground says so, once; from the file, unless its `text` is given."""
    killed = ground.scratch / "producer-killed"
    for number, user in enumerate(everybody(ground.users_file.read_text() if text is None else text)):
        if number == ground.kill_at > 0 and not killed.exists():
            _die(killed)
        yield user


def _die(marker: Path) -> None:
    with marker.open("w") as file:
        os.fsync(file.fileno())
    os.kill(os.getpid(), signal.SIGKILL)


def batches(users: Iterable[User], size: int) -> Iterator[list[User]]:
    """So many at a time."""
    rest = iter(users)
    while batch := list(islice(rest, size)):
        yield batch


def ses(**options: Any) -> Any:
    """boto3's client, with boto3's own retries unless `options` say otherwise."""
    return boto3.client("sesv2", **options)


def ask(client: Any, user: User) -> str:
    """Ask SES for the user's mail, once as far as this code is concerned; the mail's id."""
    answer = client.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [user.address]},
        Content={"Template": {"TemplateName": TEMPLATE, "TemplateData": json.dumps(user.data)}},
    )
    return str(answer["MessageId"])


class Pace:
    """Lets one pass each 1/rate seconds; time that was missed is not made up for."""

    def __init__(self, rate: float) -> None:
        self._gap_s = 1 / rate
        self._next_at = 0.0

    def wait(self) -> None:
        now = time.monotonic()
        time.sleep(max(0.0, self._next_at - now))
        self._next_at = max(now, self._next_at) + self._gap_s
