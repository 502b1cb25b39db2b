"""A report's figures for scripts: the same that the page shows."""

from dataclasses import asdict
from typing import Any

from ops.report.facts import Facts
from shared.times import to_text


def figures(facts: Facts) -> dict[str, Any]:
    """Plain values for JSON; instants as the tables have them, times in seconds. The month before has none before it."""
    view, counts = facts.view, facts.view.counts
    return {
        "stage": view.stage,
        "period": str(view.period),
        "at": to_text(view.at),
        "over": facts.over,
        "run": _run(facts),
        "messages": counts.total,
        "waiting": counts.waiting,
        "held": counts.held,
        "accepted": counts.accepted,
        "arrived": facts.arrived,
        "statuses": dict(counts.statuses),
        "accounts": _instants(asdict(facts.accounts)),
        "sent": _sent(facts),
        "delivered": _delivered(facts),
        "reasons": [asdict(one) for one in facts.reasons],
        "held_reasons": [asdict(one) for one in view.held],
        "decided": [asdict(one) for one in facts.decided],
        "cost": {
            "dollars": facts.bill.total,
            "entries": [asdict(one) for one in facts.bill.entries],
            "note": facts.bill.note,
        },
        "expired": facts.expired,
        "unread": dict(view.unread),
        "before": figures(facts.before) if facts.before else None,
    }


def _run(facts: Facts) -> dict[str, Any] | None:
    return _instants(asdict(facts.view.run)) if facts.view.run else None


def _sent(facts: Facts) -> dict[str, Any] | None:
    if facts.sent is None:
        return None
    sent = facts.sent
    return {
        "first_at": to_text(sent.first_at),
        "last_at": to_text(sent.last_at),
        "took_s": sent.took.total_seconds(),
        "step_s": sent.step.total_seconds(),
        "at_the_pace_s": sent.at_the_pace.total_seconds() if sent.at_the_pace is not None else None,
    }


def _delivered(facts: Facts) -> dict[str, Any] | None:
    if facts.delivered is None:
        return None
    told = facts.delivered
    within = {f"within_{share}_s": told.within(share / 100).total_seconds() for share in (50, 90, 99)}
    return {"sample": len(told.seconds), **within}


def _instants(values: dict[str, Any]) -> dict[str, Any]:
    return {name: to_text(value) if name.endswith("_at") and value else value for name, value in values.items()}
