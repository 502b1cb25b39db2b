from datetime import UTC, datetime

import pytest

from ops.errors import RefusedError
from tests.simulation.world import World
from tests.unit.ops.office import Office


def test_a_month_by_hand(office: Office, world: World) -> None:
    office.answers = ["2026-10"]
    assert office.type("produce", "2026-10") == 0
    assert office.produced == [{"period": "2026-10"}]
    assert "  produced: 3\n  fresh: 3\n  rejected: 0\n" in office.shown
    assert len(world.messages()) == 3


@pytest.mark.parametrize("answers", [["yes"], ["2026-09"], []])
def test_it_asks_because_everybody_is_mailed(office: Office, answers: list[str]) -> None:
    office.answers = answers
    with pytest.raises(RefusedError, match="nothing was done"):
        office.type("produce", "2026-10")
    assert office.produced == []


def test_a_completed_month_is_closed(office: Office, world: World) -> None:
    world.produce()
    with pytest.raises(RefusedError, match="2026-10 is completed: 3 messages"):
        office.type("produce", "2026-10", "--yes")
    assert office.produced == []


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        (datetime(2026, 10, 15, tzinfo=UTC), True),
        (datetime(2026, 10, 31, 9, 59, tzinfo=UTC), True),
        (datetime(2026, 10, 31, 10, 1, tzinfo=UTC), False),
        (datetime(2026, 11, 1, 5, tzinfo=UTC), False),
    ],
)
def test_a_month_that_is_over_nowhere_is_refused(office: Office, world: World, now: datetime, refused: bool) -> None:
    """UTC+14 is where a month is over first."""
    world.now = now
    if refused:
        with pytest.raises(RefusedError, match="2026-10 is not over"):
            office.type("produce", "2026-10", "--yes")
    else:
        office.type("produce", "2026-10", "--yes")
    assert office.produced == ([] if refused else [{"period": "2026-10"}])


def test_a_stopped_month_says_why_and_how_to_go_on(office: Office, world: World) -> None:
    world.rows[1] = {**world.rows[0], "total_minutes": "1"}
    assert office.type("produce", "2026-10", "--yes") == 1
    assert "twice: 1 rows are of a user who had another row before" in office.shown
    assert "`produce 2026-10 --accept twice`" in office.shown
    assert world.messages() == []
    with pytest.raises(RefusedError, match="has stopped before its first message"):
        office.type("produce", "2026-10", "--yes")
    assert office.type("produce", "2026-10", "--yes", "--accept", "twice") == 0
    assert len(world.messages()) == 2


def test_what_only_another_query_mends_is_not_offered_and_not_accepted(office: Office, world: World) -> None:
    world.rows.reverse()
    assert office.type("produce", "2026-10", "--yes") == 1
    assert "unordered: 2 rows" in office.shown
    assert "--again" in office.shown
    assert "--accept" not in office.shown
    asked = len(office.produced)
    with pytest.raises(RefusedError, match=r"unordered can't be accepted: mend the query.*--again"):
        office.type("produce", "2026-10", "--yes", "--accept", "unordered", "--accept", "fewer")
    assert len(office.produced) == asked


def test_a_completed_month_again(office: Office, world: World) -> None:
    world.produce()
    world.rows.append({**world.rows[0], "user_id": "zoe"})
    assert office.type("produce", "2026-10", "--yes", "--again") == 0
    assert "  produced: 4\n  fresh: 1\n" in office.shown
    assert len(world.messages()) == 4
