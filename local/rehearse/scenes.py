"""Each scene: what it is about, what happens, and what an operator then looks at and decides."""

from collections.abc import Callable
from dataclasses import dataclass

from local.rehearse import stages
from local.rehearse.rehearsal import Rehearsal


@dataclass(frozen=True)
class Step:
    """A command of the operator: `onlyonce`, `faults`, `inbox` or `rehearse` and its words.

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
            Step('onlyonce pause --reason "wrong text"'),
            Step("onlyonce status"),
            Step("onlyonce resume", settles=True),
            Step("inbox"),
        ),
    ),
    "suspended": Scene(
        "AWS pauses the account: the campaign pauses itself",
        stages.suspended,
        (
            Step("onlyonce status"),
            Step("faults account healthy"),
            Step("onlyonce resume", settles=True),
            Step("onlyonce status"),
        ),
    ),
    "failed": Scene(
        "SES rejects mails: FAILED, redriven or withdrawn",
        stages.failed,
        (
            Step("onlyonce held --period PERIOD"),
            Step("onlyonce show HELD PERIOD"),
            Step('onlyonce redrive HELD PERIOD --reason "SES takes it now"', settles=True),
            Step('onlyonce cancel NEXT PERIOD --reason "no such address"'),
            Step("onlyonce held --period PERIOD"),
        ),
    ),
    "uncertain": Scene(
        "answers of SES are lost, its events as well: UNCERTAIN, for a person to decide",
        stages.uncertain,
        (
            Step("onlyonce held --period PERIOD"),
            Step("onlyonce show HELD PERIOD"),
            Step('onlyonce assume-sent HELD PERIOD --reason "a missing mail is better than two"'),
            Step('onlyonce resend NEXT PERIOD --reason "they say they got nothing" --accept-risk', settles=True),
            Step("inbox NEXT"),
        ),
    ),
    "heals": Scene(
        "answers of SES are lost, its events are late: UNCERTAIN heals by itself",
        stages.heals,
        (
            Step("onlyonce held --period PERIOD"),
            Step("faults events flow", settles=True),
            Step("onlyonce held --period PERIOD"),
        ),
    ),
    "stopped": Scene(
        "two thirds of the data are missing: the producer stops before its first message",
        stages.stopped,
        (
            Step("onlyonce status PERIOD"),
            Step("onlyonce produce PERIOD --yes"),
            Step("rehearse stopped --mend"),
            Step("onlyonce produce PERIOD --again --yes", settles=True),
            Step("onlyonce status PERIOD"),
        ),
        stages.data_arrives,
    ),
    "quota": Scene(
        "the day's quota is spent: the rest waits for tomorrow",
        stages.quota,
        (
            Step("onlyonce status"),
            Step('onlyonce cancel --all --period PERIOD --reason "too late tomorrow" --yes', settles=True),
            Step("onlyonce status"),
        ),
    ),
    "throttled": Scene(
        "SES takes fewer mails a second than it said: everybody slows down",
        stages.throttled,
        (Step("onlyonce status"), Step("faults rate 20", settles=True), Step("inbox")),
    ),
    "producer": Scene(
        "the producer is killed in the middle: start it again",
        stages.producer,
        (
            Step("onlyonce status PERIOD"),
            Step("onlyonce produce PERIOD --yes", settles=True),
            Step("onlyonce status PERIOD"),
            Step("inbox"),
        ),
    ),
    "workers": Scene(
        "workers are killed while they send: what they held comes back",
        stages.workers,
        (Step("faults", settles=True), Step("onlyonce held --period PERIOD"), Step("inbox")),
    ),
}
