"""One run of the producer, as its record in the control table has it."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.errors import InvalidPeriodError
from shared.periods import Period
from shared.producing.checks import Checks, Findings
from shared.store import Item
from shared.times import from_text


class RunState(StrEnum):
    """Where a period's run stands."""

    RUNNING = "RUNNING"
    """An invocation produces it, or another is to go on."""
    STOPPED = "STOPPED"
    """It waits until somebody accepts why, or closes it."""
    COMPLETED = "COMPLETED"
    """Nothing more is produced, unless somebody opens the period again."""


PREFIX = "run#"
LEASE = timedelta(minutes=5)
"""At most, from one sign of life of the producing invocation to the next; after that the sweeper starts another."""
FROM_THE_START: Mapping[str, Any] = {
    "state": RunState.RUNNING, "phase": "check", "query_id": "", "page_token": "", "row": 0, "checks": {}, "stopped_for": {},
    "template": "", "last_user": "", "produced": 0, "rejected": 0, "fresh": 0, "differing": 0, "unsubscribed": 0,
    "accepted": [], "handed_by": "", "first_ticket": -1,
}  # fmt: skip
"""The attributes that belong to one query of the period, before it is asked."""
FIRST_PASS_AGAIN = {
    name: value for name, value in FROM_THE_START.items() if name not in ("state", "query_id", "accepted", "handed_by")
}
"""Of them, those that the passes fill in."""
SETTLED = ("settled_at", "redacted_at", "redact_tried_at")
"""The attributes that a run loses when its accounts are opened again."""
HALTED = "halted"
"""The word for a run that a person has stopped."""
RESTORED = "restored"
"""The word for a run that would put messages into a restored outbox."""


@dataclass(frozen=True)
class Place:
    """Where in the stored result a pass goes on."""

    page_token: str = ""
    """Of the next page; "" for the first."""
    row: int = 0
    """Rows before that page."""


BEGINNING = Place()


@dataclass(frozen=True)
class Written:
    """What the second pass has counted so far."""

    last_user: str = ""
    """The user of the last row."""
    produced: int = 0
    """Users of this query with a message that the producer has put, be it for an earlier query."""
    fresh: int = 0
    """Messages that this run has put there."""
    differing: int = 0
    """Messages that were there with other contents, and stay so (I5)."""
    unsubscribed: int = 0
    """Users of this query who get no mail."""

    def stored(self) -> Item:
        """As the record has it."""
        return asdict(self)


@dataclass(frozen=True)
class Run:
    """A period's run, as one invocation holds it."""

    period: Period
    fence: int
    """Counts the invocations and decisions that took the run over: only the latest may write."""
    attempt: int
    """The number of its query: a period that is opened again asks Athena anew."""
    state: str
    """A RunState, if the record is `readable`."""
    phase: str
    """check: the first pass, nothing is written yet. write: the second."""
    query_id: str
    """"" before Athena is asked."""
    place: Place
    """Of the pass that `phase` names."""
    rejected: int
    """Rows that can't become messages, as far as the first pass came."""
    written: Written
    checks: Checks
    """What the first pass has counted, up to the page before `place`."""
    accepted: Collection[str] = ()
    """Words of the findings that it does not stop for."""
    accepted_restore: str = ""
    """Which restore was accepted, in the words of its finding: another one is another question."""
    stopped_for: Findings = field(default_factory=dict)
    template: str = ""
    """The one that the first pass has tried; "" before."""
    handed_by: str = ""
    """Who has looked at the query's result and handed it in; "": the run has asked Athena itself."""
    produced_before: int = 0
    """The most that any earlier query of this period has produced."""
    first_ticket: int = -1
    """The one that the first message of the second pass is expected to get; -1: it has not begun."""

    @property
    def completed(self) -> bool:
        return self.state == RunState.COMPLETED

    @property
    def unsubscribed(self) -> int:
        """Users who are skipped, as far as the pass came that is at work, or was last."""
        return self.written.unsubscribed if self.phase == "write" else self.checks.unsubscribed

    @property
    def expected(self) -> int:
        """Messages that must be in the outbox, at least: where several queries gave different users, there are more."""
        return max(self.written.produced, self.produced_before)


def lost(run: Run, reconciled_at: str) -> Findings:
    """What speaks against putting the period's messages anew: the outbox was restored, and has lost those that were put and
    mailed since the time that it was restored to. Without a restore, or once that is accepted, nothing does.
    """
    if not reconciled_at or run.period.ends_at > from_text(reconciled_at):
        return {}
    reason = (
        f"the outbox was restored (reconciled {reconciled_at}): who has no message in it may have been mailed all the same, and "
        "would be sent a second mail; see the runbook"
    )
    return {} if RESTORED in run.accepted and run.accepted_restore == reason else {RESTORED: reason}


def key_of(period: Period) -> dict[str, str]:
    return {"name": f"{PREFIX}{period}"}


def period_of(item: Item) -> Period:
    return Period.parse(item["name"].removeprefix(PREFIX))


def run_of(period: Period, item: Item) -> Run:
    """The run that a record holds, which may hold more. Raises KeyError, AttributeError for one that was edited."""
    return Run(
        period=period,
        fence=item["fence"],
        attempt=item["attempt"],
        state=item["state"],
        phase=item["phase"],
        query_id=item["query_id"],
        place=Place(item["page_token"], item["row"]),
        rejected=item["rejected"],
        written=Written(
            item["last_user"], item["produced"], item["fresh"], item["differing"], item.get("unsubscribed", 0)
        ),
        checks=Checks.of(item.get("checks", {})),
        accepted=item.get("accepted", ()),
        accepted_restore=item.get("accepted_restore", ""),
        stopped_for=item.get("stopped_for", {}),
        template=item.get("template", ""),
        handed_by=item.get("handed_by", ""),
        produced_before=item.get("produced_before", 0),
        first_ticket=item.get("first_ticket", -1),
    )


KEPT_UNTOLD = timedelta(days=430)
"""Every message's retention when runs did not note when the first of theirs expires. It stays, whatever the default is now."""


def expires_from(item: Item) -> datetime:
    """When the first of the period's messages may expire, whatever retention is deployed by now. Raises KeyError, TypeError,
    ValueError for a record that was edited.
    """
    return from_text(item["expires_from"]) if "expires_from" in item else from_text(item["started_at"]) + KEPT_UNTOLD


def readable(item: Item) -> bool:
    """Whether a record can be read: somebody may have edited it."""
    try:
        expires_from(item)
        from_text(item["started_at"])
        if item["lease_expires_at"] != "":
            from_text(item["lease_expires_at"])
        run = run_of(period_of(item), item)
        written = run.written
        counts = (
            run.fence,
            run.attempt,
            run.place.row,
            run.rejected,
            written.produced,
            written.fresh,
            written.differing,
            written.unsubscribed,
        )
        return (
            run.state in tuple(RunState)
            and all(type(count) is int for count in (*counts, run.produced_before, run.first_ticket))
            and isinstance(run.stopped_for, Mapping)
            and isinstance(run.accepted, list)
        )
    except (AttributeError, InvalidPeriodError, KeyError, TypeError, ValueError):
        return False
