"""What a lap of the accounts takes, of a month of a million messages among fourteen such months.

    python -m bench.accounts [--json docs/bench/accounts.json]
    python -m bench.accounts --render

The product's own lap reads a stand-in for the outbox through the SDK, sweep by sweep. What a page takes is declared, CPU is
measured. Exit status 1 if a target is missed.
"""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from rich.console import Console

from bench.accounts import report
from bench.accounts.large_table import MONTHS, LargeTable
from bench.command import Benchmark, telling
from bench.errors import MeasurementError
from bench.look.large_table import CALL_S, PAGE_S
from ops.bill import prices
from ops.bill.units import ITEM_BYTES, Sending
from shared.aws.dynamodb import DynamoTable
from shared.outbox.outbox import Outbox
from shared.periods import Period
from shared.producing.open_runs import OpenRuns
from shared.producing.run import Written
from shared.producing.run_records import RunRecords
from shared.sweeping.accounting import Accounting
from shared.sweeping.intervals import SWEEP_EVERY
from shared.sweeping.lap_schedule import gap
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire

T = TypeVar("T")
PERIOD = Period.parse("2026-10")
START = datetime(2026, 11, 1, 7, tzinfo=UTC)
SIZES = (1_000_000,)
"""Larger ones take as many more pages: a lap of ten million would be measured for half an hour."""
RATES = {"200 a second": Sending(200, None), "14 a second": Sending(14, None), "50,000 a day": Sending(14, 50_000)}
"""Accounts, whose headroom is taken off already."""
SWEEP_S = SWEEP_EVERY.total_seconds() - 10
"""Of each sweep, until it must end."""
BENCHMARK = Benchmark("accounts", __doc__, report)


class VirtualTime:
    """What the pages take is declared, what the code takes is measured."""

    def __init__(self) -> None:
        self._waited = timedelta()
        self._began = time.process_time()

    def now(self) -> datetime:
        return START + self._waited + timedelta(seconds=self.cpu_s)

    @property
    def cpu_s(self) -> float:
        return time.process_time() - self._began

    def before(self, end: datetime) -> bool:
        return self.now() < end

    def wait(self, seconds: float) -> None:
        self._waited += timedelta(seconds=max(0.0, seconds))

    def side_by_side(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """A page of each segment: they take as long as one; one CPU reads them."""
        self.wait(CALL_S + PAGE_S)
        return [task() for task in tasks]


def measure(console: Console) -> dict[str, Any]:
    say = telling(console)
    laps = {}
    for messages in SIZES:
        say(f"{messages:,} messages, among {MONTHS} such months")
        laps[f"{messages:,}"] = _lap(messages)
    return {
        "months": MONTHS,
        "item_bytes": ITEM_BYTES,
        "page_s": CALL_S + PAGE_S,
        "laps": laps,
        "seen_h": max(one["seen_h"] for one in laps.values()),
        "dollars_a_million": laps[f"{SIZES[0]:,}"]["dollars_by_account"]["200 a second"],
    }


def _lap(messages: int) -> dict[str, Any]:
    table, passing = LargeTable(str(PERIOD), messages, START), VirtualTime()
    accounting = _accounting(table, passing)
    cpu_before, sweeps = passing.cpu_s, 0
    while True:
        began = passing.now()
        sweeps += 1
        done = accounting.go_on(partial(passing.before, began + timedelta(seconds=SWEEP_S)), passing.side_by_side)
        if done.closed:
            break
        passing.wait((began + SWEEP_EVERY - passing.now()).total_seconds())
    cpu_s, apart = passing.cpu_s - cpu_before, gap(done.took, done.units)
    if done.closed[str(PERIOD)].final != table.messages or done.unaccounted:
        raise MeasurementError(f"{done.closed} of {table.messages:,} messages were counted")
    dollars = prices.READ_UNIT.of(done.units)
    return {
        "requests": table.calls,
        "read_units": round(done.units),
        "dollars": round(dollars, 4),
        "cpu_s": round(cpu_s, 1),
        "cpu_us_an_item": round(cpu_s / table.messages * 1e6, 1),
        "sweeps": sweeps,
        "minutes": round(done.took.total_seconds() / 60, 1),
        "apart_h": round(apart.total_seconds() / 3600, 2),
        "seen_h": round((apart + SWEEP_EVERY + 2 * done.took).total_seconds() / 3600, 2),
        "dollars_by_account": {
            name: round(dollars * one.laps(messages) / messages * 1e6, 2) for name, one in RATES.items()
        },
    }


def _accounting(table: LargeTable, passing: VirtualTime) -> Accounting:
    """Of a stage whose producer is done with the month; those before it are settled."""
    control = FakeTable("control", ("name",), passing.now, Wire())
    records, runs = RunRecords(control, passing.now), OpenRuns(control, passing.now)
    for month in _months():
        run = records.begin(month, "bench")
        records.complete(records.begin_second_pass(run, "usage"), Written(produced=table.messages))
        if month != PERIOD:
            (only,) = runs.all()
            runs.settle(only)
    return Accounting(control, Outbox(DynamoTable(table.client(), "outbox"), passing.now), runs, passing.now)


def _months() -> list[Period]:
    """The oldest first."""
    months = [PERIOD]
    while len(months) < MONTHS:
        months.append(months[-1].previous)
    return months[::-1]


def main() -> int:
    """Run it from the command line."""
    return BENCHMARK.run(BENCHMARK.arguments(BENCHMARK.parser()), measure)


if __name__ == "__main__":
    sys.exit(main())
