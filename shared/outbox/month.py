"""What the two indexes tell of a month, without a look at its messages."""

from collections.abc import Callable, Iterable
from functools import partial

from shared.keys import SHARDS
from shared.outbox.outbox import INDEX, OUTCOME
from shared.outbox.states import EXCEPTIONAL, Status
from shared.outbox.transitions import outcome
from shared.store import Store

Questions = Iterable[Callable[[], int]]
Answered = Callable[[Questions], Iterable[int]]
"""Asks all of them, in whatever order; their answers in theirs."""


def in_turn(questions: Questions) -> Iterable[int]:
    return (question() for question in questions)


def counted(store: Store, period: str, answered: Answered = in_turn) -> tuple[int, dict[Status, int]]:
    """How many wait, and by status how many did not go as they should. Raises StoreUnavailableError."""
    of_month, listed = ("period", period), sorted(EXCEPTIONAL)
    questions = [
        *(partial(store.count, INDEX, (INDEX, f"OPEN#{shard}"), of_month) for shard in range(SHARDS)),
        *(partial(store.count, OUTCOME, (OUTCOME, outcome(one, period))) for one in listed),
    ]
    answers = list(answered(questions))
    return sum(answers[:SHARDS]), dict(zip(listed, answers[SHARDS:], strict=True))
