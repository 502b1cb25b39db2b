"""The accepted mails on disk, one JSON line each, so that a killed engine forgets none of them.

Written before SendEmail answers: what a sender was told is accepted can be shown to be there, once, whatever
died in between. Stock MiniStack keeps the inbox in memory only.
"""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FILE = "ses-inbox.jsonl"
_writing = threading.Lock()


def append(account: str, region: str, mail: dict[str, Any]) -> None:
    """Add a mail, where the engine keeps its state on disk."""
    if path := _path():
        line = json.dumps([account, region, mail]).encode() + b"\n"
        with _writing, path.open("ab", buffering=0) as file:
            file.write(line)


def entries() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(account, region, mail) of each, oldest first; a last line that was cut short was never answered."""
    path = _path()
    if path and path.exists():
        for line in path.read_bytes().split(b"\n")[:-1]:
            account, region, mail = json.loads(line)
            yield account, region, mail


def clear() -> None:
    """Forget every mail."""
    if path := _path():
        path.unlink(missing_ok=True)


def _path() -> Path | None:
    if os.environ.get("PERSIST_STATE") != "1":
        return None
    directory = Path(os.environ["STATE_DIR"])
    directory.mkdir(parents=True, exist_ok=True)
    return directory / _FILE
