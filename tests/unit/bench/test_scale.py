"""The month in virtual time: it is metered, and one of which a part is played comes to the same."""

import pytest

from bench.scale.month import Month, played
from bench.scale.thinning import CHUNK, Thinning
from shared.outbox.states import Status

USERS = 200


@pytest.fixture(scope="module")
def month() -> Month:
    return played(USERS, 14, 50_000, months_before=0)


def test_each_message_is_written_and_sent_as_often_as_it_must(month: Month) -> None:
    assert month.statuses == {Status.DELIVERED: USERS}
    assert (month.refused, month.remedies) == (0, {})
    assert month.counts.calls["ses.SendEmail"] == USERS
    assert month.counts.calls["outbox.UpdateItem"] == USERS * 4  # claim, begin_send, mark_sent, mark_delivered
    assert month.counts.invocations["feedback"] == USERS * 2
    assert month.counts.transitions == 2 * month.counts.invocations["send"]


def test_what_lies_between_two_chunks_is_passed_over_once() -> None:
    thinning = Thinning.of(1_000_000, 8_000)
    assert (thinning.played, thinning.weight, thinning.between) == (8_000, 125, 992_000)
    assert [thinning.passed(count) for count in (0, CHUNK - 1, CHUNK, 8_000)] == [0, 0, 992_000, 992_000]
    assert Thinning.of(500, 8_000).between == 0


def test_what_waits_beyond_the_horizon_is_looked_at_once_when_its_turn_is_near() -> None:
    long = played(600, 5, 120, months_before=0)
    assert long.statuses == {Status.DELIVERED: 600}
    assert long.remedies["nudge"] > 150
    assert long.remedies["postpone"] < 0.1 * long.remedies["nudge"]
    assert long.refused == 0
