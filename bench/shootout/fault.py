"""What goes wrong in a run, and when: the same for every contestant."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

KILLED_AT = 0.55
"""Of the users: where the producer dies."""
HALF_WAY = 0.5
EVERY_S = 4.0
STORM_LASTS = 2.0
"""Times N/rate: then the storm is over, so that a design that begins anew each time comes to an end as well."""
LOST = 0.05
OTHERS = 0.3
_JITTER = 0.1
"""Of the time between two kills: none falls on the same moment of each second."""


@dataclass(frozen=True)
class Fault:
    """Faults that come together."""

    name: str
    """As `--faults` takes it."""
    title: str
    """As the tables have it."""
    producer_dies: bool = False
    """Once, at KILLED_AT of the users; it is started again at once."""
    one_kill: bool = False
    """All senders, half way."""
    storm: bool = False
    """All senders, every EVERY_S."""
    lost: float = 0.0
    """Share of SES's answers that are lost after it has accepted."""
    others: float = 0.0
    """Share of the rate that another sender uses."""

    def kill_at(self, users: int) -> int:
        """The position at which the producer dies; 0: nowhere."""
        return round(users * KILLED_AT) if self.producer_dies else 0

    def moments(self, ideal_s: float, seed: int) -> Sequence[float]:
        """When all senders are killed, in seconds since SES was asked for the first time."""
        dice = random.Random(seed)
        if self.storm:
            kills = int(STORM_LASTS * ideal_s / EVERY_S)
            return [EVERY_S * (number + dice.uniform(-_JITTER, _JITTER)) for number in range(1, kills + 1)]
        return [ideal_s * (HALF_WAY + dice.uniform(-_JITTER, _JITTER) / 2)] if self.one_kill else []


FAULTS = (
    Fault("none", "none"),
    Fault("producer_killed", f"producer killed at {KILLED_AT:.0%}", producer_dies=True),
    Fault("one_kill", "one kill of the senders", one_kill=True),
    Fault("kill_storm", f"senders killed every {EVERY_S:g} s", storm=True),
    Fault("lost_answers", f"{LOST:.0%} of SES's answers lost", lost=LOST),
    Fault("other_sender", f"another sender uses {OTHERS:.0%}", others=OTHERS),
    Fault("everything", "everything at once", producer_dies=True, storm=True, lost=LOST, others=OTHERS),
)
BY_NAME = {fault.name: fault for fault in FAULTS}
