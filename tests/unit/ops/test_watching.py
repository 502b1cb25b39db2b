"""status --watch: again and again, until Ctrl-C."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import NoCredentialsError
from rich.console import Console

from ops import watching
from ops.errors import UnavailableError
from ops.month.look import look
from shared.errors import StoreUnavailableError
from shared.outbox.states import Status
from shared.periods import Period
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.office import Office, put

pytestmark = pytest.mark.usefixtures("no_metrics")
Between = Callable[[int], None]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch, world: World) -> Callable[[int, Between], list[float]]:
    """Lets it look so many times; between two of them something happens."""

    def let(times: int, between: Between = lambda _: None) -> list[float]:
        slept: list[float] = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            world.now += timedelta(seconds=seconds)
            if len(slept) == times:
                raise KeyboardInterrupt
            between(len(slept))

        monkeypatch.setattr("ops.watching.time.sleep", sleep)
        return slept

    return let


Looks = Callable[..., list[float]]


def test_in_a_file_it_is_a_line_now_and_then(office: Office, world: World, looks: Looks) -> None:
    world.produce()
    slept = looks(2, lambda _: world.run())
    assert office.type("status", "--watch") == 0
    assert office.shown.splitlines() == [
        "2026-11-01 06:00:00 UTC  2026-10: 0 of 3 messages done (0%), 3 waiting, 0 held",
        "2026-11-01 06:00:34 UTC  2026-10: 3 of 3 messages done (100%), 0 waiting, 0 held",
    ]
    assert slept == [30.0, 30.0]


def test_a_month_of_a_million_is_looked_at_less_often(
    office: Office, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look reads all that waits."""
    view = look(office.session, Period.parse(PERIOD))
    million = replace(view, waiting=replace(view.waiting, everywhere=1_000_000))
    monkeypatch.setattr(watching, "look", lambda *_: million)
    slept = looks(2)
    office.type("status", "--watch")
    assert slept == [50.0, 50.0]


def test_the_reason_stands_where_nothing_moves(office: Office, world: World, looks: Looks) -> None:
    world.produce()
    world.campaign().pause("wrong text")
    looks(1)
    office.type("status", "--watch")
    assert "3 waiting: paused, 0 held" in office.shown


def test_for_scripts_each_look_is_a_line(office: Office, world: World, looks: Looks) -> None:
    world.produce()
    looks(2)
    assert office.type("status", "2026-10", "--watch", "--json") == 0
    assert [json.loads(line)["at"] for line in office.shown.splitlines()] == [
        "2026-11-01T06:00:00.000Z", "2026-11-01T06:00:30.000Z",
    ]  # fmt: skip


def test_on_a_terminal_the_whole_is_shown_in_its_place(office: Office, world: World, looks: Looks) -> None:
    world.produce()
    screen = io.StringIO()
    terminal = Console(
        file=screen, force_terminal=True, width=100, height=50, markup=False, highlight=False, emoji=False
    )
    office.session = replace(office.session, console=terminal)
    slept = looks(2, lambda _: put(world, "fay", Status.FAILED))
    assert office.type("status", "--watch") == 0
    shown = screen.getvalue()
    assert "0 of 3 messages done" in shown
    assert "0 of 4 messages done (0%), 3 waiting, 1 held" in shown
    assert "\x1b[1A" in shown, "the first look is written over"
    assert shown.endswith("\x1b[?25h"), "the cursor is back"
    assert slept == [5.0, 5.0]


def test_a_minute_without_an_answer_is_outlasted(
    office: Office, world: World, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.produce()
    broken = StoreUnavailableError("Query: timed out for ann@example.com")

    def between(number: int) -> None:
        def fails(*_: object) -> None:
            raise broken

        monkeypatch.setattr(watching, "look", fails if number == 1 else look)

    looks(3, between)
    assert office.type("status", "--watch") == 0
    first, second, third = office.shown.splitlines()
    assert second == "2026-11-01 06:00:30 UTC: nothing can be read: Query: timed out for a***@example.com"
    assert "0 of 3" in first
    assert "0 of 3" in third


def test_credentials_that_expire_end_it(
    office: Office, world: World, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.produce()
    expired = StoreUnavailableError("GetItem: Unable to locate credentials")
    expired.__cause__ = NoCredentialsError()

    def fails(*_: object) -> None:
        raise expired

    looks(5, lambda _: monkeypatch.setattr(watching, "look", fails))
    with pytest.raises(UnavailableError, match="log in"):
        office.type("status", "--watch")
