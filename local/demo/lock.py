"""Work that at most one process does at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class BusyError(Exception):
    """Another process does this work already: `pid`."""

    def __init__(self, pid: str) -> None:
        super().__init__(f"process {pid} is at work")
        self.pid = pid


@contextlib.contextmanager
def only_process(path: Path) -> Iterator[None]:
    """No other process is in here with the same file, which holds the pid of the one that is. Raises BusyError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise BusyError(lock.read().strip()) from None
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)
        yield
