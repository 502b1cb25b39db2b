"""The accepted mails and what became of them on disk, one JSON line each, so that a killed engine forgets none of them.

A mail is written before SendEmail answers: what a sender was told is accepted can be shown to be there, once, whatever
died in between. Stock MiniStack keeps the inbox in memory only.
"""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_MAILS, _EVENTS = "ses-inbox.jsonl", "ses-events.jsonl"
_writing = threading.Lock()


def append(account: str, region: str, mail: dict[str, Any]) -> None:
    """Add a mail, where the engine keeps its state on disk."""
    _append(_MAILS, [account, region, mail])


def append_event(message_id: str, told: list[Any]) -> None:
    """Add what an event says of a mail, where the engine keeps its state on disk."""
    _append(_EVENTS, [message_id, told])


def entries() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(account, region, mail) of each, oldest first; a last line that was cut short was never answered."""
    yield from _lines(_MAILS)


def events() -> Iterator[tuple[str, list[Any]]]:
    """(message id, what was told) of each event, oldest first."""
    yield from _lines(_EVENTS)


def clear() -> None:
    """Forget everything."""
    for name in (_MAILS, _EVENTS):
        if path := _path(name):
            path.unlink(missing_ok=True)


def _append(name: str, entry: list[Any]) -> None:
    if path := _path(name):
        line = json.dumps(entry).encode() + b"\n"
        with _writing, path.open("ab", buffering=0) as file:
            file.write(line)


def _lines(name: str) -> Iterator[Any]:
    path = _path(name)
    if path and path.exists():
        yield from map(json.loads, path.read_bytes().split(b"\n")[:-1])


def _path(name: str) -> Path | None:
    if os.environ.get("PERSIST_STATE") != "1":
        return None
    directory = Path(os.environ["STATE_DIR"])
    directory.mkdir(parents=True, exist_ok=True)
    return directory / name
