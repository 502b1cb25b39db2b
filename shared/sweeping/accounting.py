"""The accounts (I6): a lap through the whole outbox counts every message once, and the counts must add up to what was
produced.

Nothing else would notice a message that was deleted, or one that waits outside the index `unfinished`, where no sweep
finds it. A lap takes as many sweeps as it needs and goes on where the last one stopped. Laps are run while a period is
open: until a lap has found all of its messages, and none of them waiting (ADR 14).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from shared.errors import UnaccountedError
from shared.outbox.filing import ATTRIBUTES, CONTENTS, beside
from shared.outbox.outbox import Outbox
from shared.periods import Period
from shared.producing.open_runs import OpenRuns
from shared.store import Page, Store, Term, Walk, Write
from shared.sweeping.counting import Counting
from shared.sweeping.lap import SEGMENTS, Lap
from shared.sweeping.lap_schedule import is_due
from shared.sweeping.parallel import InParallel, one_after_the_other
from shared.sweeping.sums import Sums
from shared.times import Clock, from_text, to_text

KEY = {"name": "accounting"}
REDACT_AFTER = timedelta(days=7)
"""At least: SES has told all that it tells of a mail."""
PUT_OFF = timedelta(days=30)
"""At most: while a month is open, its own laps are not held up by the writes for others."""
ROUNDS_A_SAVE = 10
"""A sweep that is killed reads at most so many pages of each segment again."""
SETTLED_AT_MOST = 24
"""Months that a lap leaves out: what is older has expired."""
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
    units: float = 0.0
    """Read units of the lap that this sweep ended."""
    took: timedelta = timedelta()
    """From the begin of that lap to its end."""

    def note(self, finding: str) -> None:
        if len(self.findings) < LISTED:
            self.findings.append(UnaccountedError(finding))


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

    def go_on(self, in_time: Callable[[], bool], in_parallel: InParallel = one_after_the_other) -> Report:
        """Goes on with the lap, or begins one if it is time, until it is done or the time is over."""
        lap = self._load()
        report = Report(lap.unaccounted)
        if not lap.left and not self._is_due(lap):
            return report
        while in_time():
            lap = lap if lap.left else self._begin(lap)
            if not self._walk(lap, report, in_time, in_parallel) or not lap.doubtful:
                break
        return report

    def counted(self, period: Period) -> tuple[Mapping[str, int], datetime] | None:
        """By status, what the last whole lap has found of a period, and when it ended; None: there was none yet."""
        lap = self._load()
        return (lap.counted.get(str(period), {}), from_text(lap.counted_at)) if lap.counted_at else None

    def restart(self) -> None:
        """The next sweep begins a new lap: what the present one has counted is of another table, or was changed since."""
        anew = {name: value for name, value in Lap.of(None).to_attributes().items() if name != "revision"}
        self._store.write(Write(KEY, (), anew, {"revision": 1}))

    def _is_due(self, last: Lap) -> bool:
        since, now = self._runs.since(), self._clock()
        if since is None and not last.unaccounted:
            return bool(self._runs.to_redact(self._redact_after))
        return is_due(last, self._runs.all(), since or last.begun, self._outbox.nothing_waits, now)

    def _begin(self, last: Lap) -> Lap:
        """What a run has noted by now must be found by a lap that begins now."""
        idle, runs = self._outbox.nothing_waits(), self._runs.all()
        sums = {str(run.period): Sums(expected=run.expected, unsubscribed=run.written.unsubscribed) for run in runs}
        after = self._redact_after + (PUT_OFF if sums else timedelta())
        return Lap(
            last.revision,
            begun_at=to_text(self._clock()),
            left={str(segment): {} for segment in range(SEGMENTS)},
            consistent=last.doubtful or last.unaccounted > 0,
            settled=[str(period) for period in self._runs.settled()[-SETTLED_AT_MOST:]],
            over=[str(run.period) for run in runs if idle and run.completed],
            redacts={str(period): 0 for period in self._runs.to_redact(after)},
            sums=sums,
            unaccounted=last.unaccounted,
            counted=last.counted,
            counted_at=last.counted_at,
        )

    def _walk(self, lap: Lap, report: Report, in_time: Callable[[], bool], in_parallel: InParallel) -> bool:
        """By the round, a page of each segment that is left. False if another sweeper was faster, or the time is over."""
        counting = Counting(lap, report, self._outbox, self._clock() - self._redact_after)
        rounds = 0
        while lap.left and in_time():
            segments = list(lap.left)
            pages = in_parallel([partial(self._page, lap, segment) for segment in segments])
            for segment, page in zip(segments, pages, strict=True):
                if not counting.page(segment, page, in_time):
                    self._save(lap)
                    return False
            rounds += 1
            if lap.left and rounds % ROUNDS_A_SAVE == 0 and not self._save(lap):
                return False
        if not lap.left:
            self._close(lap, report)
        return self._save(lap) and not lap.left

    def _page(self, lap: Lap, segment: str) -> Page:
        walk = Walk(int(segment), lap.segments, beside(lap.settled, lap.redacts), lap.consistent)
        only = (*ATTRIBUTES, CONTENTS) if lap.redacts else ATTRIBUTES
        return self._outbox.walk(lap.left[segment] or None, only, walk)

    def _close(self, lap: Lap, report: Report) -> None:
        """What a lap finds amiss that does not read the messages as they stand now is not told before one that does."""
        lap.counted_at = to_text(self._clock())
        lap.counted = {period: sums.statuses for period, sums in lap.sums.items()}
        if lap.consistent or not lap.amiss:
            lap.unaccounted = report.unaccounted = lap.amiss
        report.closed, report.units, report.took = lap.sums, lap.units, lap.took
        for period, sums in lap.sums.items():
            if sums.missing and lap.consistent:
                report.note(f"{period}: {sums.expected} were produced, {sums.missing} of them are not in the outbox")
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
