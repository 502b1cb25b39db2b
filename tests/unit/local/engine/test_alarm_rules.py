"""The next state of an alarm, as AWS's tables show it (source: alarm-missing)."""

import pytest

from local.engine.alarm_rules import Rule, state

BREACHES = {"X": True, "0": False, "-": None}
KEPT = "as it was"


def next_state(data: str, missing: str, to_alarm: int, evaluated: int = 3) -> str:
    return state(Rule(evaluated, to_alarm, missing), [BREACHES[each] for each in data], KEPT)


@pytest.mark.parametrize(
    ("data", "states"),
    [
        ("0-X-X", ("OK", "OK", "OK", "OK")),
        ("----0", ("OK", "OK", "OK", "OK")),
        ("-----", ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK")),
        ("0XX-X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("--X--", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_three_of_three(data: str, states: tuple[str, ...]) -> None:
    assert tuple(next_state(data, each, 3) for each in ("missing", "ignore", "breaching", "notBreaching")) == states


@pytest.mark.parametrize(
    ("data", "states"),
    [
        ("0-X-X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("00X0X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0-X--", ("OK", "OK", "ALARM", "OK")),
        ("----0", ("OK", "OK", "ALARM", "OK")),
        ("---X-", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_two_of_three(data: str, states: tuple[str, ...]) -> None:
    assert tuple(next_state(data, each, 2) for each in ("missing", "ignore", "breaching", "notBreaching")) == states


@pytest.mark.parametrize("missing", ["missing", "ignore"])
def test_too_little_that_breaches_too_lately_changes_nothing(missing: str) -> None:
    assert next_state("----X", missing, 3) == KEPT


def test_enough_that_breaches_rings_although_something_is_missing() -> None:
    assert [next_state("--X-X", missing, 2) for missing in ("missing", "ignore", "notBreaching")] == ["ALARM"] * 3


def test_what_is_older_than_the_newest_that_were_measured_does_not_count() -> None:
    assert [next_state(data, "notBreaching", 1, 2) for data in ("XX-00", "XX0-0")] == ["OK", "OK"]
