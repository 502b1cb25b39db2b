"""Which claims go together in one execution. Pure: messages in, groups out."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.keys import execution_name
from shared.outbox.message import Message
from shared.pacing.lateness import FEW

SPACING = timedelta(milliseconds=250)
"""From one slot of an execution to its next. It asks for one claim after the other, and must be done with each before the
next one's slot; so what follows on each other in the timetable goes into executions that run side by side.
"""
SPAN = timedelta(seconds=20)
"""From the first slot to the last of one execution: its function sleeps from slot to slot, and lives for a minute."""
BLOCK = 50
"""Messages that are planned, claimed and started together where each goes alone."""


@dataclass(frozen=True)
class Grouping:
    """An execution carries `size` claims: of those that follow on each other, each `stride`-th."""

    size: int
    stride: int

    @classmethod
    def of(cls, rate: float, messages: int, wanted: int) -> "Grouping":
        """For so many messages at so many a second; `wanted` is the size at most, 0: as it suits.

        What a function can send in its time. Where one mail is a great part of what SES tolerates at once, a second's worth at
        most: if the execution comes late, so much has to be made up for.
        """
        if wanted == 1 or rate <= 0:
            return cls(1, 1)
        stride = max(1, math.ceil(rate * SPACING.total_seconds()))
        in_time = int(rate) if rate < FEW else int(SPAN.total_seconds() * rate / stride)
        size = max(1, min(wanted or in_time, in_time, math.ceil(messages / stride)))
        return cls(size, stride if size > 1 else 1)

    @property
    def block(self) -> int:
        """Messages that are planned and claimed before their executions are started."""
        return self.size * self.stride if self.size > 1 else BLOCK

    def groups(self, expected: Sequence[Message]) -> Iterator["Group"]:
        """Of messages as they will be when they are claimed. One that was tried before goes alone, so that it takes no other
        with it.
        """
        fresh = [message for message in expected if message.attempt == 1]
        stride = self.stride if self.size > 1 else len(fresh)
        for first in range(min(stride, len(fresh))):
            yield from map(Group, _in_reach(fresh[first::stride]))
        yield from (Group([message]) for message in expected if message.attempt != 1)


@dataclass(frozen=True)
class Group:
    """The claims of one execution before they are made, for each of them to name it."""

    expected: Sequence[Message]

    @property
    def name(self) -> str:
        """The execution's."""
        return _name(self.expected)

    def executions(self, claimed: Sequence[Message], *, tried: bool) -> Iterator[tuple[str, Sequence[Message]]]:
        """What is started for those of them that are claimed now: names, and what each carries. `tried`: a claim of every
        expected one was tried.

        It is the group's execution, with what others have taken left out: that is gone for good, as a claim that is made
        after all has another fence. By a name that is known nothing is started, so where a claim may still come to the
        group, or came with the slot or the fence of another time, executions bear names of their own.
        """
        parts = list(_in_reach(claimed)) if claimed else []
        as_expected = {(message.key, message.fence) for message in self.expected}
        settled = tried and len(parts) == 1 and all((one.key, one.fence) in as_expected for one in claimed)
        return ((self.name if settled else _name(part), part) for part in parts)


def _name(claims: Sequence[Message]) -> str:
    return execution_name([(message.key, message.fence) for message in claims])


def _in_reach(group: Sequence[Message]) -> Iterator[list[Message]]:
    """The group, divided where the next slot is not near: behind a day's quota, or of a record that came before."""
    part = [group[0]]
    for message in group[1:]:
        if not _follows(part, message):
            yield part
            part = []
        part.append(message)
    yield part


def _follows(part: Sequence[Message], message: Message) -> bool:
    first, last = part[0].send_at, part[-1].send_at
    if first is None or last is None or message.send_at is None:
        return False
    return last < message.send_at <= first + SPAN
