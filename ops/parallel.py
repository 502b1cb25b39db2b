"""The same for many messages, several at a time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

WORKERS = 8
"""Below the ten connections that one client keeps (source: botocore, max_pool_connections)."""
AHEAD = 64

T = TypeVar("T")
R = TypeVar("R")


def each(work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """The results in order. If the caller stops asking for them, at most AHEAD more were worked on."""
    source = iter(things)
    with ThreadPoolExecutor(WORKERS) as pool:
        while chunk := list(islice(source, AHEAD)):
            yield from pool.map(work, chunk)
