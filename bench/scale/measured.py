"""What a played month comes to, as the figures have it."""

from typing import Any

from bench.scale import bill
from bench.scale.month import Month
from bench.scale.scenario import Scenario
from ops.bill.entries import MOVED, Entry
from ops.bill.prices import MILLION


def figures_of(month: Month, scenario: Scenario) -> dict[str, Any]:
    """Of one month: each message of it bears the same share of all that the month took."""
    counts, users = month.counts, scenario.users
    metered, computed = bill.metered(month, scenario), bill.computed(scenario)
    moved = [one for one in metered if one.name == MOVED]
    return {
        "users": users,
        "rate": scenario.rate,
        "daily": scenario.daily,
        "played": month.thinning.played,
        "hours": round(month.takes.total_seconds() / 3600, 2),
        "mails_an_execution": round(users / counts.calls["states.StartExecution"], 1),
        "refused": round(month.refused * month.thinning.weight),
        "remedies": round(month.remedies.total() * month.thinning.weight),
        "calls": round(sum(counts.calls.values()) / users, 3),
        "dollars": _of_a_million(metered, users),
        "dollars_of_executions": _of_a_million(moved, users),
        "computed_dollars": _of_a_million(computed, users),
        "items": [_item(one, other, users) for one, other in zip(computed, metered, strict=True)],
        "calls_by_operation": {
            name: round(count / users, 4) for name, count in sorted(counts.calls.items()) if count > 0
        },
    }


def _item(computed: Entry, metered: Entry, users: int) -> dict[str, Any]:
    """Of a million messages."""
    share = MILLION / users
    return {
        "name": metered.name,
        "unit": metered.unit,
        "computed": round(computed.quantity * share, 3),
        "metered": round(metered.quantity * share, 3),
        "computed_dollars": round(computed.dollars * share, 3),
        "metered_dollars": round(metered.dollars * share, 3),
    }


def _of_a_million(entries: list[Entry], users: int) -> float:
    return round(bill.dollars(entries) / users * MILLION, 3)
