"""What it takes to look at a month of a million messages among fourteen such months.

    python -m bench.look [--json docs/bench/look.json]
    python -m bench.look --render

The product's own code looks at a stand-in for the outbox, whose calls take declared times; reads are counted as DynamoDB counts
them. Exit status 1 if a target is missed.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console

from bench.command import Benchmark, telling
from bench.errors import MeasurementError
from bench.look import report
from bench.look.large_table import CALL_S, PAGE_S, LargeTable
from bench.look.moments import MESSAGES, MOMENTS
from bench.look.session import browser, session
from ops.bill import prices
from ops.month.look import look
from ops.month.view import MonthView
from ops.status import render
from shared.periods import Period

PERIOD = Period.parse("2026-10")
BENCHMARK = Benchmark("look", __doc__, report)


def measure(console: Console) -> dict[str, Any]:
    say = telling(console)
    moments = {}
    for moment, statuses in MOMENTS.items():
        say(f"{MESSAGES:,} messages: {moment}")
        moments[moment] = _looked_at(LargeTable(str(PERIOD), statuses))
    return {
        "messages": MESSAGES,
        "page_s": PAGE_S,
        "call_s": CALL_S,
        "moments": moments,
        "seconds_at_most": max(one[name] for one in moments.values() for name in ("status_s", "page_s")),
        "dollars_at_most": max(one["dollars"] for one in moments.values()),
    }


def _looked_at(table: LargeTable) -> dict[str, float]:
    seen_by = session(table, PERIOD)
    status_s = _timed(lambda: seen_by.console.print(render(_whole(look(seen_by, PERIOD)))))
    requests, units = table.cost.calls, table.cost.units
    page = browser(seen_by)
    page(f"/month/{PERIOD.previous}")  # the first page that a console draws takes longer
    return {
        "requests": requests,
        "read_units": units,
        "dollars": round(prices.READ_UNIT.of(units), 6),
        "status_s": round(status_s, 2),
        "page_s": round(_timed(lambda: page(f"/month/{PERIOD}")), 2),
    }


def _whole(view: MonthView) -> MonthView:
    if view.counts.total != MESSAGES:
        raise MeasurementError(f"{view.counts.total:,} of {MESSAGES:,} messages were seen")
    return view


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> int:
    """Run it from the command line."""
    return BENCHMARK.run(BENCHMARK.arguments(BENCHMARK.parser()), measure)


if __name__ == "__main__":
    sys.exit(main())
