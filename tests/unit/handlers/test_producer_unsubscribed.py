"""producer: who has unsubscribed gets no message, and is counted."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import StoreUnavailableError
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.producing import Producing, pages_left


def leave(producing: Producing, *numbers: int) -> None:
    for number in numbers:
        producing.unsubscribed.leave(f"user-{number:05}", "ann", "asked")


def users(producing: Producing) -> set[str]:
    return {message["user_id"] for message in producing.messages}


def accounted(producing: Producing) -> int:
    """Rows of which the run knows what became of them."""
    record: Any = producing.record
    checks = record["checks"]
    return sum((record["produced"], record["rejected"], record["unsubscribed"], checks["twice"], checks["repeated"]))


def test_an_unsubscribed_user_has_no_message_and_is_counted(many: Producing) -> None:
    leave(many, 0, 7, 39)
    report = many()
    assert (report["state"], report["produced"], report["unsubscribed"], report["rejected"]) == ("COMPLETED", 37, 3, 0)
    assert not users(many) & {"user-00000", "user-00007", "user-00039"}
    assert (many.record["unsubscribed"], many.record["checks"]["unsubscribed"]) == (3, 3)
    assert accounted(many) == 40


def test_one_who_has_come_back_has_one(many: Producing) -> None:
    leave(many, 7)
    many.world.now += timedelta(minutes=1)
    assert many.unsubscribed.take_back("user-00007", "ann", "asked again")
    assert many()["produced"] == 40


def test_every_row_is_in_the_accounts(many: Producing) -> None:
    """Also those of unsubscribed users that could not have become a message, or come twice."""
    leave(many, 3, 5, 6, 20)
    many.rows[5]["email"] = None
    many.rows[8]["email"] = None
    many.rows[7] = {**many.rows[6], "total_minutes": "1"}
    many.rows[9] = dict(many.rows[8])
    many.rows[21] = dict(many.rows[20])
    assert many()["stopped_for"].keys() == {"twice"}
    report = many.again(accept=["twice"])
    assert (report["state"], report["unsubscribed"], report["rejected"]) == ("COMPLETED", 4, 1)
    assert [row.row for row in many.rejected] == [9]
    assert accounted(many) == 40


@pytest.mark.parametrize("pages", range(1, 11))
def test_the_accounts_hold_wherever_the_time_is_over(many: Producing, pages: int) -> None:
    leave(many, 0, 9, 10, 11, 25, 39)
    many(remaining_ms=pages_left(pages))
    many()
    assert (many.record["state"], many.record["unsubscribed"], many.record["produced"]) == ("COMPLETED", 6, 34)
    assert accounted(many) == 40


def test_who_leaves_between_two_invocations_is_skipped_from_there_on(many: Producing) -> None:
    many(remaining_ms=pages_left(6))  # the first pass, and some of the second
    assert many.record["phase"] == "write"
    leave(many, 39)
    assert many()["unsubscribed"] == 1
    assert "user-00039" not in users(many)
    assert accounted(many) == 40


def test_a_month_of_which_everybody_has_left_is_not_empty(produce: Producing) -> None:
    leave(produce, 0, 1, 2)
    report = produce()
    assert (report["state"], report["produced"], report["unsubscribed"]) == ("COMPLETED", 0, 3)


def test_the_unsubscribed_are_no_share_of_what_is_rejected(many: Producing) -> None:
    many.rows[1]["email"] = None
    leave(many, *range(2, 40))
    assert many()["stopped_for"] == {"rejected": "1 of 2 rows can't become messages: 1 for email"}


def test_the_first_message_of_all_is_none_of_theirs(many: Producing) -> None:
    """An invocation that goes on looks for one to try the template with."""
    leave(many, 0)
    many.rows[39]["email"] = None  # alone on the last page
    rendered: list[Any] = []
    many.account.render = lambda template, data: rendered.append(data)  # type: ignore[method-assign]  # noqa: ARG005
    many(remaining_ms=pages_left(4))
    many()
    assert ["token=dXNlci0wMDAwMQ." in data["unsubscribe_url"] for data in rendered] == [True]


def test_nobody_is_mailed_while_it_is_not_known_who_has_left(many: Producing, monkeypatch: pytest.MonkeyPatch) -> None:
    call = many.world.wire.call

    def failing(name: str, carry_out: Callable[[], Any]) -> Any:
        if name == "unsubscribed.Scan":
            raise StoreUnavailableError("Scan: InternalServerError")
        return call(name, carry_out)

    monkeypatch.setattr(many.world.wire, "call", failing)
    with pytest.raises(StoreUnavailableError):
        many()
    assert many.messages == []
    monkeypatch.undo()
    assert many()["produced"] == 40


def test_the_sweeper_tells_of_them_in_the_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    world, told = World(4), []
    monkeypatch.setattr(world.telemetry, "count", lambda event, **facts: told.append((event, facts)))
    world.unsubscribed().leave("user-00002", "ann", "asked")
    world.produce()
    world.run(sweeps=1)
    world.sweep()
    *_, sums = [facts for event, facts in told if event == "accounted" and facts["period"] == PERIOD]
    assert (sums["expected"], sums["produced"], sums["unsubscribed"]) == (3, 3, 1)
    assert world.mails() == {"user-00000": 1, "user-00001": 1, "user-00003": 1}
