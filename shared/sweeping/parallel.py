"""How several tasks are carried out, none of which waits for another."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

T = TypeVar("T")


class InParallel(Protocol):
    """Carries out all tasks, none of which waits for another, and gives their results in order. Raises what one has raised."""

    def __call__(self, tasks: Sequence[Callable[[], T]]) -> list[T]: ...


def in_threads(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """One for each task: there are as many as shards, or as parts of the table."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [running.result() for running in [pool.submit(task) for task in tasks]]


def one_after_the_other(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Without threads."""
    return [task() for task in tasks]
