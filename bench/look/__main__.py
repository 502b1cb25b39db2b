"""What it takes to look at a month of a million messages among fourteen such months.

    python -m bench.look [--json docs/bench/look.json]
    python -m bench.look --render

The product's own code looks at a stand-in for the outbox, whose calls take declared times; reads are counted as DynamoDB counts
them. Exit status 1 if a target is missed.
"""

import sys
import time
from typing import Any

from rich.console import Console

from bench.command import Benchmark, telling
from bench.look import report
from bench.look.large_table import CALL_S, PAGE_S, LargeTable
from bench.look.moments import MESSAGES, MOMENTS
from bench.look.session import session
from ops.bill import prices
from ops.month.look import look
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
        "seconds_at_most": max(one["seconds"] for one in moments.values()),
        "dollars_at_most": max(one["dollars"] for one in moments.values()),
    }


def _looked_at(table: LargeTable) -> dict[str, float]:
    seen_by = session(table, PERIOD)
    began = time.perf_counter()
    view = look(seen_by, PERIOD)
    seconds = time.perf_counter() - began
    assert view.counts.total == MESSAGES
    units = table.cost.units
    return {
        "requests": table.cost.calls,
        "read_units": units,
        "dollars": round(prices.READ_UNIT.of(units), 6),
        "seconds": round(seconds, 2),
    }


def main() -> int:
    """Run it from the command line."""
    return BENCHMARK.run(BENCHMARK.arguments(BENCHMARK.parser()), measure)


if __name__ == "__main__":
    sys.exit(main())
