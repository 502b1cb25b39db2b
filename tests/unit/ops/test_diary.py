"""What people decided is kept, for the report."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ops import diary
from ops.diary import KEPT, KEY, Noted, entries, note
from ops.errors import RefusedError
from shared.errors import StoreUnavailableError
from shared.outbox.states import Status
from shared.periods import Period
from shared.store import Answer, Write
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.office import Office, put

ANN = "arn:aws:iam::1:user/ann"


def noted(office: Office, period: str = PERIOD) -> list[tuple[str, str, str, int]]:
    return [(one.what, one.by, one.reason, one.number) for one in entries(office.session, period)]


def test_decisions_on_messages_are_kept_with_their_number(office: Office, world: World, tmp_path: Path) -> None:
    keys = [*((f"user-{number}", PERIOD) for number in range(3)), ("other", "2026-09")]
    for user_id, period in keys:
        put(world, user_id, Status.FAILED, period, last_error="no template")
    (tmp_path / "keys").write_text("".join(f'{{"user_id": "{user}", "period": "{month}"}}\n' for user, month in keys))
    office.type("redrive", "--from", str(tmp_path / "keys"), "--reason", "mended", "--by", "bob", "--yes")
    put(world, "late", Status.UNCERTAIN)
    office.type("assume-sent", "late", PERIOD, "--reason", "they have it")
    assert noted(office) == [("redrive", "bob", "mended", 3), ("assume-sent", ANN, "they have it", 1)]
    assert noted(office, "2026-09") == [("redrive", "bob", "mended", 1)]


def test_decision_that_was_not_done_is_not_kept(office: Office, world: World) -> None:
    put(world, "sent", Status.DELIVERED)
    with pytest.raises(RefusedError):
        office.type("redrive", "sent", PERIOD, "--reason", "why not")
    assert noted(office) == []


def test_pauses_are_kept_also_when_they_are_over(office: Office) -> None:
    office.type("pause", "--reason", "wrong text", "--by", "bob")
    office.type("resume")
    assert noted(office) == [("pause", "bob", "wrong text", 0), ("resume", ANN, "it was paused: wrong text (bob)", 0)]


def test_what_was_done_to_a_run_is_kept(office: Office, world: World) -> None:
    office.type("produce", PERIOD, "--yes")
    world.runs().begin(Period.parse(PERIOD), "somebody", attempt=1, again=True)
    office.type("halt", PERIOD, "--reason", "wrong figures", "--by", "bob")
    office.type("close", PERIOD, "--reason", "enough")
    assert noted(office) == [
        ("produce", ANN, "by hand", 0), ("halt", "bob", "wrong figures", 0), ("close", ANN, "enough", 0),
    ]  # fmt: skip
    assert noted(office, "2026-09") == []


def test_no_user_and_no_address_is_kept(office: Office, world: World) -> None:
    put(world, "ann-1", Status.FAILED)
    office.type("cancel", "ann-1", PERIOD, "--reason", "ann@example.com asked for it", "--by", "bob@example.com")
    kept = str(world.control_table.get(KEY))
    assert "ann-1" not in kept
    assert "ann@" not in kept
    assert "bob@" not in kept


def test_last_hundred_are_kept(office: Office) -> None:
    for number in range(KEPT + 5):
        note(office.session, "pause", "bob", str(number))
    kept = entries(office.session, PERIOD)
    assert (len(kept), kept[0].reason, kept[-1].reason) == (KEPT, "5", str(KEPT + 4))


def test_two_at_once_lose_nothing(office: Office, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    write: Callable[[Write], Answer] = world.control_table.write
    others = [lambda: note(office.session, "resume", "eve", "")]

    def meddled(one: Write) -> Answer:
        if others:
            others.pop()()
        return write(one)

    monkeypatch.setattr(world.control_table, "write", meddled)
    note(office.session, "pause", "bob", "")
    assert [one.what for one in entries(office.session, PERIOD)] == ["resume", "pause"]


def test_an_answer_that_was_lost_notes_nothing_twice(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK repeats the write, and is told that somebody has written meanwhile: it was itself."""
    write: Callable[[Write], Answer] = world.control_table.write
    monkeypatch.setattr(world.control_table, "write", lambda one: (write(one), write(one))[1])
    note(office.session, "pause", "bob", "")
    assert [one.what for one in entries(office.session, PERIOD)] == ["pause"]


def test_what_can_not_be_noted_is_done_all_the_same(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Write) -> Answer:
        raise StoreUnavailableError("no answer")

    monkeypatch.setattr(world.control_table, "write", fails)
    note(office.session, "pause", "bob", "")
    assert "could not be noted" in office.shown


def test_nobody_needs_a_name_to_resume(office: Office) -> None:
    def unknown() -> str:
        raise RefusedError("nobody can tell who you are")

    assert diary.person(replace(office.session, caller=unknown)) == "somebody"


def test_edited_entries_are_left_out(office: Office, world: World) -> None:
    note(office.session, "pause", "bob", "")
    item = world.control_table.get(KEY) or {}
    world.control_table.put({**item, "entries": [*item["entries"], {"nonsense": 1}, "more"]})
    assert [type(one) for one in entries(office.session, PERIOD)] == [Noted]
    world.control_table.put({**item, "entries": [{**item["entries"][0], "at": 5}]})
    assert entries(office.session, PERIOD) == []


@pytest.mark.parametrize("edited", [{"entries": "nothing"}, {"entries": None}, {"revision": "x"}, {"revision": None}])
def test_an_edited_diary_goes_on(office: Office, world: World, edited: dict[str, object]) -> None:
    """What is decided is done already: the command must not end in an error after it."""
    world.control_table.put({**KEY, **edited})
    assert entries(office.session, PERIOD) == []
    note(office.session, "pause", "bob", "")
    note(office.session, "resume", "bob", "")
    assert [one.what for one in entries(office.session, PERIOD)] == ["pause", "resume"]
