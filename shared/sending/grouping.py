"""Which claims go together in one execution. Pure: messages in, groups out."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.outbox.message import Message

LARGEST = 60
"""Claims of an execution where no size is configured."""
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

        At most a second's worth of mails: if the execution comes late, so much has to be made up for.
        """
        if wanted == 1 or rate <= 0:
            return cls(1, 1)
        stride = max(1, math.ceil(rate * SPACING.total_seconds()))
        in_span = int(SPAN.total_seconds() * rate / stride)
        size = max(1, min(wanted or LARGEST, int(rate), in_span, messages // stride))
        return cls(size, stride if size > 1 else 1)

    @property
    def block(self) -> int:
        """Messages that are planned and claimed before their executions are started."""
        return self.size * self.stride if self.size > 1 else BLOCK

    def groups(self, claimed: Sequence[Message]) -> Iterator[list[Message]]:
        """A message that was tried before goes alone, so that it takes no other with it."""
        fresh = [message for message in claimed if message.attempt == 1]
        stride = self.stride if self.size > 1 else len(fresh)
        for first in range(min(stride, len(fresh))):
            yield from _in_reach(fresh[first::stride])
        yield from ([message] for message in claimed if message.attempt != 1)


def _in_reach(group: Sequence[Message]) -> Iterator[list[Message]]:
    """The group, divided where the next slot is not near: a record that comes again has the slot of its first claim."""
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
