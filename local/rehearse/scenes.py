"""Each scene: what it is about, what happens, and what an operator then looks at and decides."""

from collections.abc import Callable
from dataclasses import dataclass

from local.rehearse import stages
from local.rehearse.rehearsal import Rehearsal


@dataclass(frozen=True)
class Step:
    """A command of the operator: `ops`, `faults`, `inbox` or `rehearse` and its words.

    PERIOD stands for the month, HELD and NEXT for the first two users whose messages are held when it begins.
    """

    typed: str
    settles: bool = False
    """Whether messages move afterwards."""


@dataclass(frozen=True)
class Scene:
    """One situation."""

    about: str
    stage: Callable[[Rehearsal], None]
    steps: tuple[Step, ...]
    mend: Callable[[Rehearsal], None] | None = None
    """What somebody else does in between, where it can't be ordered as a fault."""


SCENES = {
    "wrong-text": Scene(
        "a wrong text goes out: pause, and go on",
        stages.wrong_text,
        (
            Step('ops pause --reason "wrong text"'),
            Step("ops status"),
            Step("ops resume", settles=True),
            Step("inbox"),
        ),
    ),
    "suspended": Scene(
        "AWS pauses the account: the campaign pauses itself",
        stages.suspended,
        (Step("ops status"), Step("faults account healthy"), Step("ops resume", settles=True), Step("ops status")),
    ),
    "failed": Scene(
        "SES rejects mails: FAILED, redriven or withdrawn",
        stages.failed,
        (
            Step("ops held --period PERIOD"),
            Step("ops show HELD PERIOD"),
            Step('ops redrive HELD PERIOD --reason "SES takes it now"', settles=True),
            Step('ops cancel NEXT PERIOD --reason "no such address"'),
            Step("ops held --period PERIOD"),
        ),
    ),
    "uncertain": Scene(
        "answers of SES are lost, its events as well: UNCERTAIN, for a person to decide",
        stages.uncertain,
        (
            Step("ops held --period PERIOD"),
            Step("ops show HELD PERIOD"),
            Step('ops assume-sent HELD PERIOD --reason "a missing mail is better than two"'),
            Step('ops resend NEXT PERIOD --reason "they say they got nothing" --accept-risk', settles=True),
            Step("inbox NEXT"),
        ),
    ),
    "heals": Scene(
        "answers of SES are lost, its events are late: UNCERTAIN heals by itself",
        stages.heals,
        (Step("ops held --period PERIOD"), Step("faults events flow", settles=True), Step("ops held --period PERIOD")),
    ),
    "stopped": Scene(
        "two thirds of the data are missing: the producer stops before its first message",
        stages.stopped,
        (
            Step("ops status --period PERIOD"),
            Step("ops produce PERIOD --yes"),
            Step("rehearse stopped --mend"),
            Step("ops produce PERIOD --again --yes", settles=True),
            Step("ops status --period PERIOD"),
        ),
        stages.data_arrives,
    ),
    "quota": Scene(
        "the day's quota is spent: the rest waits for tomorrow",
        stages.quota,
        (
            Step("ops status"),
            Step('ops cancel --all --period PERIOD --reason "too late tomorrow" --yes', settles=True),
            Step("ops status"),
        ),
    ),
    "throttled": Scene(
        "SES takes fewer mails a second than it said: everybody slows down",
        stages.throttled,
        (Step("ops status"), Step("faults rate 20", settles=True), Step("inbox")),
    ),
    "producer": Scene(
        "the producer is killed in the middle: start it again",
        stages.producer,
        (
            Step("ops status --period PERIOD"),
            Step("ops produce PERIOD --yes", settles=True),
            Step("ops status --period PERIOD"),
            Step("inbox"),
        ),
    ),
    "workers": Scene(
        "workers are killed while they send: what they held comes back",
        stages.workers,
        (Step("faults", settles=True), Step("ops held --period PERIOD"), Step("inbox")),
    ),
}
