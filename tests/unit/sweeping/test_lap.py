"""A lap, as it is kept between two sweeps, and as releases before and after this one keep it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.store import Write
from shared.sweeping.accounting import KEY
from shared.sweeping.lap import LONG_AGO, SEGMENTS, Lap
from shared.sweeping.sums import Sums
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.sweeping.laps import LATER, lap

LAP = Lap(
    3,
    begun_at="2026-11-01T05:00:00.000Z",
    segments=4,
    left={"0": {}, "3": {"user_id": "ann", "period": PERIOD}},
    consistent=True,
    settled=["2026-08"],
    over=[PERIOD],
    redacts={"2026-08": 1},
    sums={PERIOD: Sums(expected=4, produced=3)},
    unread=2,
    units=2.5,
    unaccounted=1,
    counted={"2026-09": {"SENT": 3}},
    counted_at="2026-10-01T06:00:00.000Z",
)


def test_a_lap_is_kept_as_the_next_sweep_finds_it() -> None:
    """Also by another version of the code that was deployed in between: without a NULL, which no condition compares."""
    kept = LAP.to_attributes()
    assert Lap.of(kept) == LAP
    later = {
        **kept, "more": 1, "books": {PERIOD: {**kept["books"][PERIOD], "more": 1}}, "walk": {**kept["walk"], "more": 1},
    }  # fmt: skip
    assert Lap.of(later) == LAP, "of a later release"
    fresh = Lap(3)
    assert fresh.to_attributes() == {
        "revision": 3, "books": {}, "after": {}, "unread": 0, "redacts": {}, "unaccounted": 0, "ended_at": LONG_AGO,
        "counted": {}, "counted_at": "", "walk": {
            "revision": 3, "begun_at": LONG_AGO, "segments": SEGMENTS, "left": {}, "consistent": False, "settled": [],
            "over": [], "units": 0.0,
        },
    }  # fmt: skip
    assert Lap.of(fresh.to_attributes()) == fresh


WHOLE: dict[str, Any] = {
    "revision": 8, "books": {PERIOD: {"expected": 4, "produced": 2, "final": 2, "statuses": {"SENT": 2}}},
    "after": {"user_id": "user-00001", "period": PERIOD}, "unread": 1, "redacts": {}, "unaccounted": 5, "ended_at": "",
    "counted": {PERIOD: {"PENDING": 4}}, "counted_at": "2026-11-01T05:00:00.000Z",
}  # fmt: skip
"""As the release before segments has kept a lap that was under way."""


def test_what_a_release_without_segments_has_kept_is_begun_anew() -> None:
    assert Lap.of(WHOLE) == Lap(8, unaccounted=5, counted=WHOLE["counted"], counted_at=WHOLE["counted_at"])
    assert not Lap.of(WHOLE).doubtful


def test_a_lap_over_which_that_release_has_written_is_begun_anew() -> None:
    """After a rollback: it sets its own attributes, and leaves those that it does not know."""
    assert Lap.of({**LAP.to_attributes(), **WHOLE}) == Lap.of(WHOLE)


def test_that_release_takes_every_lap_for_over() -> None:
    """It would go on with half of the sums: it begins a lap of its own instead."""
    assert not LAP.to_attributes()["after"]
    assert LAP.to_attributes()["ended_at"] == LAP.counted_at
    assert Lap(1).to_attributes()["ended_at"] == LONG_AGO


@pytest.mark.parametrize("rolled_back_over", [{}, LAP.to_attributes()])
def test_what_is_begun_anew_counts_every_message_once(world: World, rolled_back_over: dict[str, Any]) -> None:
    world.produce()
    kept = {name: value for name, value in {**rolled_back_over, **WHOLE}.items() if name != "revision"}
    world.control_table.write(Write(KEY, (), kept, {"revision": 8}))
    report = lap(world)
    assert (report.closed[PERIOD].produced, report.unaccounted) == (4, 0)


def test_how_long_it_took() -> None:
    assert Lap(1).took == timedelta()
    ended = replace(LAP, left={}, begun_at="2026-11-01T05:00:00.000Z", counted_at="2026-11-01T05:20:00.000Z")
    assert ended.took == timedelta(minutes=20)
    assert ended.took < LATER
