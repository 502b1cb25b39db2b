"""A month of any size is looked at in the same memory."""

import gc
import tracemalloc

from ops.preflight.tally import ASKED_FOR, Tally
from shared.periods import Period
from shared.producing.pages import PlacedPage
from shared.producing.run import Place
from simulation.stack import PERIOD, usage_row
from simulation.world import World

A_PAGE = 200


def looked_at(pages: int) -> tuple[Tally, int]:
    """The tally, and the most bytes it took. Every tenth row is rejected."""
    inspection, tally = World(0).inspection(), Tally(Period.parse(PERIOD), frozenset())
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(pages):
            rows = [usage_row(number * A_PAGE + one) for one in range(A_PAGE)]
            for row in rows[::10]:
                row["email"] = None
            tally.count(inspection, PlacedPage(Place("", number * A_PAGE), tuple(rows[0]), rows, None), frozenset())
        return tally, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_month() -> None:
    looked_at(2)  # what is imported and cached at first use
    small, large = looked_at(5), looked_at(40)
    assert large[1] < 1.3 * small[1]
    tally = large[0]
    assert (tally.checks.rows, tally.checks.rejected, len(tally.keys)) == (8000, 800, ASKED_FOR)
    assert [len(rows) for rows in tally.rejected.values()] == [3]


def test_whom_is_asked_for_is_drawn_from_all() -> None:
    """Not the first ones, nor the last ones: a run that was stopped in its middle has put those."""
    tally, _ = looked_at(40)
    numbers = sorted(int(key.user_id.removeprefix("user-")) for key in tally.keys)
    assert len(set(numbers)) == ASKED_FOR
    assert all(any(start <= number < start + 1000 for number in numbers) for start in range(0, 8000, 1000))


def test_three_mails_of_three_users() -> None:
    inspection, tally = World(0).inspection(), Tally(Period.parse(PERIOD), frozenset())
    rows = [usage_row(number) for number in range(6)]
    rows[2] = {
        **rows[2],
        "previous_minutes": None,
        "change_percent": None,
        "device_count": "0",
        "busiest_day_minutes": "0",
    }
    rows[4] = {**rows[4], "device_count": "1000000"}
    tally.count(inspection, PlacedPage(Place(), tuple(rows[0]), rows, None), frozenset())
    assert [(one.draft.key.user_id, one.why) for one in tally.drawn()] == [
        ("user-00000", "the first"),
        ("user-00004", "the longest"),
        ("user-00002", "the one with the least in it"),
    ]


def test_where_all_say_the_same_the_first_three_are_shown() -> None:
    inspection, tally = World(0).inspection(), Tally(Period.parse(PERIOD), frozenset())
    tally.count(
        inspection, PlacedPage(Place(), tuple(usage_row(0)), [usage_row(n) for n in range(6)], None), frozenset()
    )
    assert [one.why for one in tally.drawn()] == ["the first", "one of the first", "one of the first"]
