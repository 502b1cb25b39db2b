"""doctor: a healthy stage has nothing wrong, and what it asks and shows."""

import json
from collections import Counter

import pytest

from ops.doctor.examination import CHECKS, SIGNS
from ops.doctor.finding import Mark
from ops.errors import RefusedError
from shared.errors import StoreUnavailableError
from shared.outbox.states import Status
from simulation.world import World
from tests.unit.ops.doctor.answers import DENIED, TEMPLATE, Answers, Question, healthy
from tests.unit.ops.doctor.examining import BACKUPS, CODE, IDENTITY, PROTECTION, SCHEDULE, found, only
from tests.unit.ops.office import Office, put


def test_a_healthy_stage(office: Office) -> None:
    assert office.type("doctor") == 0
    assert not {"!", "✗"} & {line.strip()[:1] for line in office.shown.splitlines()}
    assert "0 wrong, 0 to know" in office.shown
    assert "next 2026-12-01 05:00:00 UTC" in office.shown
    assert all(f"\n{group}\n" in office.shown for group in CHECKS)


def test_each_thing_that_is_in_order_is_named(office: Office) -> None:
    counted = Counter(one["group"] for one in found(office))
    assert counted == {
        "sender": 4, "unsubscribing": 1, "account": 6, "deployment": 4, "tables": 3, "encryption": 1,
        "what moves messages": 5, "events of SES": 3, "alarms": 3, "what waits": 3,
    }  # fmt: skip


def test_it_asks_everything_once_and_changes_nothing(office: Office, world: World, aws: Answers) -> None:
    put(world, "ann", Status.SENT, template=TEMPLATE)
    before = (world.outbox_table.items(), world.control_table.items())
    office.type("doctor")
    assert set(aws.asked) == set(aws.questions())
    often = {IDENTITY, CODE, SCHEDULE, PROTECTION, BACKUPS}
    assert len([one for one in aws.asked if one not in often]) == len(set(aws.asked) - often)
    assert (world.outbox_table.items(), world.control_table.items()) == before
    assert not world.mails()


@pytest.mark.parametrize("question", healthy(), ids=str)
def test_what_one_may_not_ask_is_a_finding(office: Office, world: World, aws: Answers, question: Question) -> None:
    put(world, "ann", Status.SENT, template=TEMPLATE)
    aws.answer(*question, DENIED)
    assert office.type("doctor", "--json") == 0
    told = [one for one in json.loads(office.shown)["findings"] if one["mark"] != Mark.OK]
    assert told
    assert all("can't be read" in one["says"] and "AccessDenied" in one["says"] for one in told)


def test_what_the_table_does_not_answer_is_a_finding(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> int:
        raise StoreUnavailableError("Query: AccessDenied")

    monkeypatch.setattr(world.outbox_table, "count", unavailable)
    assert "can't be read: held: Query: AccessDenied" in only(office, Mark.WARNING)["says"]


def test_every_mark_has_its_sign() -> None:
    assert set(SIGNS) == set(Mark)


def test_the_command_is_refused_for_another_reason_as_any(office: Office) -> None:
    with pytest.raises(RefusedError):
        office.type("show", "nobody", "2026-10")
