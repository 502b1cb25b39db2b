"""The state of an alarm on a metric, as CloudWatch finds it anew with each evaluation (source: alarm-missing).

What is missing is counted only where too little was measured, and as rarely as possible.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LOOKS_BACK = 2
"""Periods more than it evaluates, in which an alarm looks for measured ones; no page says how many, AWS's examples show 2."""
OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"


@dataclass(frozen=True)
class Rule:
    """How many of how many datapoints have to breach, and what a missing one counts as."""

    evaluated: int
    to_alarm: int
    missing: str


def state(rule: Rule, breaches: Sequence[bool | None], before: str) -> str:
    """The next state. `breaches`: of each period looked at, oldest first, whether it breaches; None is missing."""
    measured = [breach for breach in breaches if breach is not None][-rule.evaluated :]
    absent = rule.evaluated - len(measured)
    counted = sum(measured) + (absent if rule.missing == "breaching" else 0)
    if counted >= rule.to_alarm:
        return ALARM
    if not absent or rule.missing in ("breaching", "notBreaching"):
        return OK
    return _of_too_few(rule, breaches, measured, before)


def _of_too_few(rule: Rule, breaches: Sequence[bool | None], measured: Sequence[bool], before: str) -> str:
    """Where `missing` or `ignore` fills nothing in."""
    if not measured:
        return before if rule.missing == "ignore" else INSUFFICIENT_DATA
    if not all(measured):
        return OK
    if rule.missing == "missing" and True in breaches[: len(breaches) - rule.to_alarm + 1]:
        # All that was measured breaches, and the oldest of it is as old as `to_alarm` periods.
        return ALARM
    return before
