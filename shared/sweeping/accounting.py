"""The accounts (I6): a lap through the whole outbox counts every message once, and the counts must add up to what was
produced.

Nothing else would notice a message that was deleted, or one that waits outside the index `unfinished`, where no sweep
finds it. A lap takes as many sweeps as it needs and goes on where the last one stopped; it reads each item once
(10 million items of 1 KB: 2.5 million RRU, some $0.31). Laps are run while a period is open: until a lap has found all
of its messages, and none of them waiting.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shared.errors import InvalidMessageError, LeaseLostError, NewerFormatError, UnaccountedError
from shared.outbox.message import Message, from_item, standing
from shared.outbox.outbox import Outbox
from shared.outbox.states import FINAL
from shared.periods import Period
from shared.producing.open_runs import OpenRuns
from shared.store import Item, Store, Term, Write
from shared.sweeping.lap import Lap, Sums
from shared.times import Clock, from_text, to_text

KEY = {"name": "accounting"}
LAP_EVERY = timedelta(hours=1)
REDACT_AFTER = timedelta(days=7)
"""At least: SES has told all that it tells of a mail."""
PUT_OFF = timedelta(days=30)
"""At most: while a month is open, its own laps are not held up by the writes for others."""
EVER = datetime(9999, 12, 31, tzinfo=UTC)
PAGES_A_SAVE = 10
"""A sweep that is killed reads at most this many pages again."""
LISTED = 20
"""Findings that a lap puts into words; it counts them all."""


@dataclass
class Report:
    """What this sweep's part of the lap has found."""

    unaccounted: int
    """Messages that the last whole lap did not find or could not read."""
    refiled: int = 0
    """Messages that were not in the index where their status belongs, and are now."""
    redacted: int = 0
    """Messages that have dropped address and contents."""
    findings: list[UnaccountedError] = field(default_factory=list)
    closed: dict[str, Sums] = field(default_factory=dict)
    """The sums of each period, if this sweep ended the lap."""


class Accounting:
    """Two sweepers at once are harmless: the one that saves second has counted for nothing."""

    def __init__(
        self, store: Store, outbox: Outbox, runs: OpenRuns, clock: Clock, redact_after: timedelta = REDACT_AFTER
    ) -> None:
        """`redact_after`: how long a final message keeps address and contents, where its last write did not drop them."""
        self._redact_after = redact_after
        self._store = store
        self._outbox = outbox
        self._runs = runs
        self._clock = clock

    def go_on(self, in_time: Callable[[], bool]) -> Report:
        """Goes on with the lap, or begins one if it is time, until it is done or the time is over."""
        lap = self._load()
        report = Report(lap.unaccounted)
        if lap.ended_at is not None:
            if self._clock() < from_text(lap.ended_at) + LAP_EVERY:
                return report
            lap = self._begin(lap)
            if not lap.sums and not lap.redacts and not report.unaccounted:
                return report
        pages = 0
        while in_time():
            page = self._outbox.walk(lap.after)
            for item in page.items:
                redacted = report.redacted
                self._count(item, lap, report)
                lap.after = {"user_id": item["user_id"], "period": item["period"]}
                if report.redacted > redacted and not in_time():  # a page may have thousands to write
                    self._save(lap)
                    return report
            lap.after, pages = page.next, pages + 1
            if page.next is None:
                self._close(lap, report)
                break
            if pages % PAGES_A_SAVE == 0 and not self._save(lap):
                return report
        self._save(lap)
        return report

    def counted(self, period: Period) -> tuple[Mapping[str, int], datetime] | None:
        """By status, what the last whole lap has found of a period, and when it ended; None: there was none yet."""
        lap = self._load()
        return (lap.counted.get(str(period), {}), from_text(lap.counted_at)) if lap.counted_at else None

    def restart(self) -> None:
        """The next sweep begins a new lap: what the present one has counted is of another table, or was changed since."""
        anew = {name: value for name, value in Lap.of(None).to_attributes().items() if name != "revision"}
        self._store.write(Write(KEY, (), anew, {"revision": 1}))

    def _begin(self, last: Lap) -> Lap:
        """What a run has noted by now must be found by a lap that begins now."""
        sums = {
            str(run.period): Sums(expected=run.expected, unsubscribed=run.written.unsubscribed)
            for run in self._runs.all()
        }
        after = self._redact_after + (PUT_OFF if sums else timedelta())
        redacts = {str(period): 0 for period in self._runs.to_redact(after)}
        return replace(last, sums=sums, redacts=redacts, after=None, unread=0, ended_at=None)

    def _count(self, item: Item, lap: Lap, report: Report) -> None:
        try:
            status, produced = standing(item)
            message = _read(item)
        except InvalidMessageError as error:
            lap.unread += 1
            name = f"{item.get('user_id')}/{item.get('period')}"
            _note(report, f"{name} can't be read: {error}")
            return
        lap.sums.setdefault(item["period"], Sums()).count(status, produced=produced)
        if message is None:
            return
        if not message.filed_under_its_status:
            try:
                self._outbox.refile(message)
                report.refiled += 1
            except LeaseLostError:
                pass  # it moved on since it was read, and its own write files it
        if message.key.period in lap.redacts and message.names_somebody:
            self._redact(message, lap, report)

    def _redact(self, message: Message, lap: Lap, report: Report) -> None:
        """If it is final since long; else it is counted as one that the period has left."""
        try:
            if message.status in FINAL and (message.changed_at or EVER) <= self._clock() - self._redact_after:
                self._outbox.redact(message)
                report.redacted += 1
                return
        except LeaseLostError:
            pass
        lap.redacts[message.key.period] += 1

    def _close(self, lap: Lap, report: Report) -> None:
        lap.unaccounted = report.unaccounted = lap.unread + sum(one.missing for one in lap.sums.values())
        lap.ended_at = lap.counted_at = to_text(self._clock())
        lap.counted = {period: sums.statuses for period, sums in lap.sums.items()}
        report.closed = lap.sums
        for period, sums in lap.sums.items():
            if sums.missing:
                _note(report, f"{period}: {sums.expected} were produced, {sums.missing} of them are not in the outbox")
        for month, left in lap.redacts.items():
            self._runs.redacted(Period.parse(month), wholly=left == 0)
        for run in self._runs.all():
            found = lap.sums.get(str(run.period))
            if run.completed and found and run.expected == found.expected and found.settled:
                self._runs.settle(run, **{name: count for name, count in asdict(found).items() if name != "expected"})

    def _load(self) -> Lap:
        return Lap.of(self._store.get(KEY))

    def _save(self, lap: Lap) -> bool:
        """False if another sweeper has saved since the lap was read: its lap stands, and this one has counted for nothing."""
        term = Term("revision", "equals", lap.revision) if lap.revision else Term("revision", "absent")
        lap_after = replace(lap, revision=lap.revision + 1)
        won = self._store.write(Write(KEY, ((term,),), lap_after.to_attributes())).won
        lap.revision += 1
        return won


def _read(item: Item) -> Message | None:
    """None for one of a later release, which is counted and left as it is. Raises InvalidMessageError."""
    try:
        return from_item(item)
    except NewerFormatError:
        return None


def _note(report: Report, finding: str) -> None:
    if len(report.findings) < LISTED:
        report.findings.append(UnaccountedError(finding))
