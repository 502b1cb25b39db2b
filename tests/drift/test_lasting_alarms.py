"""An alarm on what the sweeper measures rings once for what lasts, and ends once, however often the sweeper runs.

CloudWatch is acted out as its pages describe it (source: alarm-missing, alarm-window).
"""

import json
import subprocess
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import yaml

from local.stack.embedded_aws import ROOT
from shared.keys import Key
from shared.outbox.message import Message
from shared.outbox.states import Status
from shared.sweeping.remedies import Standing, remedy_for
from shared.sweeping.sweep import IN_VAIN
from shared.times import to_text

_MAKE = """
const [sweepMinutes] = process.argv.slice(1);
const yaml = JSON.parse(require("fs").readFileSync(0, "utf8"));
const values = {
  "self:custom.stack": "s", "param:sweepMinutes": sweepMinutes, "param:runbook": "", "file(./deploy/alarms.yml)": yaml,
};
require("./deploy/alarms.js")({ resolveVariable: async (name) => values[name] })
  .then((made) => console.log(JSON.stringify(made.Resources)));
"""
EVERY = (1, 4, 5, 10, 60)
LASTING = (
    "HeldAlarm",
    "UnaccountedAlarm",
    "PausedAlarm",
    "WaitingRunsAlarm",
    "MalformedItemsAlarm",
    "NewerFormatAlarm",
    "SweeperErrorsAlarm",
)
"""On what each sweep measures anew as long as it lasts."""
LOOKS_BACK = 2
"""Periods more than it evaluates, in which an alarm looks for measured ones; no page says how many."""
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module", params=EVERY)
def every(request: pytest.FixtureRequest) -> int:
    """Minutes from sweep to sweep."""
    return int(request.param)


@pytest.fixture(scope="module")
def alarms(every: int) -> dict[str, Any]:
    entries = json.dumps(yaml.safe_load((ROOT / "deploy/alarms.yml").read_text()))
    done = subprocess.run(
        ["node", "-e", _MAKE, str(every)], cwd=ROOT, input=entries, capture_output=True, text=True, check=True
    )
    return {name: made["Properties"] for name, made in json.loads(done.stdout).items() if "Topic" not in made["Type"]}


@pytest.mark.parametrize("name", LASTING)
@pytest.mark.parametrize("seed", range(5))
def test_what_lasts_rings_once_and_ends_once(name: str, seed: int, every: int, alarms: dict[str, Any]) -> None:
    """For six hours of twelve."""
    points = [(at, 2.0 if 3 * 60 <= at < 9 * 60 else 0.0) for at in _sweeps(every, 12 * 60, Random(seed))]
    assert _changes(alarms[name], points, 12 * 60) == ["OK", "ALARM", "OK"]


@pytest.mark.parametrize("seed", range(5))
def test_a_sweeper_that_runs_is_never_called_silent(seed: int, every: int, alarms: dict[str, Any]) -> None:
    points = [(at, 1.0) for at in _sweeps(every, 24 * 60, Random(seed))]
    assert _changes(alarms["SweeperSilentAlarm"], points, 24 * 60) == ["OK"]


def test_a_sweeper_that_stops_is(every: int, alarms: dict[str, Any]) -> None:
    points = [(at, 1.0) for at in _sweeps(every, 6 * 60, Random(1))]
    assert _changes(alarms["SweeperSilentAlarm"], points, 12 * 60) == ["OK", "ALARM"]


def test_dead_letters_ring_until_the_queue_says_that_it_is_empty(alarms: dict[str, Any]) -> None:
    """The queue falls silent after six hours, with the letter in it."""
    letter = [(float(at), 1.0) for at in range(60, 60 + 6 * 60)]
    emptied = [(float(at), 0.0) for at in range(20 * 60, 21 * 60)]
    points = [(10.0, 0.0), *letter]
    assert _changes(alarms["DeadLettersAlarm"], points, 20 * 60) == ["OK", "ALARM"]
    assert _changes(alarms["DeadLettersAlarm"], [*points, *emptied], 24 * 60) == ["OK", "ALARM", "OK"]


@pytest.mark.parametrize("seed", range(3))
def test_one_message_that_nothing_brings_on_rings_once_and_ends_within_ten_hours(
    seed: int, every: int, alarms: dict[str, Any]
) -> None:
    """It is nudged more and more seldom, for two days."""
    mended = 48 * 60
    minutes = mended + 10 * 60
    points = list(_in_vain(sorted(_sweeps(every, minutes, Random(seed))), until=mended))
    assert sum(value for _, value in points) >= 5
    assert _changes(alarms["StrandedAlarm"], points, minutes) == ["OK", "ALARM", "OK"]


def _in_vain(sweeps: Iterable[float], until: int) -> Iterator[tuple[float, float]]:
    """What each sweep measures where the sweeper nudges one message, and claim takes it only then."""
    due_at, nudges = BEGAN, 0
    for at in sweeps:
        now = BEGAN + timedelta(minutes=at)
        due = at < until and due_at <= now
        yield at, float(due and nudges >= IN_VAIN)
        if due:
            due_at, nudges = _nudged_until(nudges, now), nudges + 1


def _nudged_until(nudges: int, now: datetime) -> datetime:
    history = {"produce": to_text(BEGAN - timedelta(days=1))}
    message = Message(
        Key("u", "2026-10"), Status.PENDING, 0, 0, "a@example.com", "t", {}, history=history, nudges=nudges
    )
    remedy = remedy_for(message, now, Standing(running=True), cap=10)
    assert remedy is not None
    assert remedy.due_at is not None
    return remedy.due_at


def _sweeps(every: int, minutes: int, rng: Random) -> Iterator[float]:
    """When sweeps end: within a minute of their time, after up to four minutes of work."""
    for due in range(0, minutes, every):
        yield due + rng.uniform(0, 1) + rng.choice([0.1, 0.1, 0.1, 4])


def _changes(alarm: dict[str, Any], points: Iterable[tuple[float, float]], minutes: int) -> list[str]:
    """The alarm's states, one after the other, from its first on; a moving window, looked at each minute."""
    length = alarm["Period"] // 60
    window = length * (alarm["EvaluationPeriods"] + LOOKS_BACK)
    measured = sorted(points)
    state, states = "OK", ["OK"]
    for now in range(length * alarm["EvaluationPeriods"], minutes):
        starts = range(now - window, now, length)
        data = [_statistic(alarm["Statistic"], _within(measured, start, start + length)) for start in starts]
        state = _state(alarm, _evaluated(data, alarm["EvaluationPeriods"]), state)
        if state != states[-1]:
            states.append(state)
    return states


def _within(measured: Sequence[tuple[float, float]], start: int, end: int) -> list[float]:
    first, last = (bisect_left(measured, (at, float("-inf"))) for at in (start, end))
    return [value for _, value in measured[first:last]]


def _evaluated(data: list[float | None], periods: int) -> list[float | None]:
    """The newest periods; with too few measured, older measured ones in their place."""
    if None not in data[-periods:]:
        return data[-periods:]
    found = [value for value in data if value is not None][-periods:]
    return [*found, *[None] * (periods - len(found))]


def _statistic(name: str, values: list[float]) -> float | None:
    if not values:
        return None
    return sum(values) if name == "Sum" else max(values)


def _state(alarm: dict[str, Any], data: list[float | None], before: str) -> str:
    missing = alarm["TreatMissingData"]
    if all(value is None for value in data) and missing == "ignore":
        return before
    above = alarm["ComparisonOperator"] == "GreaterThanThreshold"
    breaching = [
        missing == "breaching"
        if value is None
        else (value > alarm["Threshold"] if above else value < alarm["Threshold"])
        for value in data
    ]
    return "ALARM" if all(breaching) else "OK"
