"""Producing a month, and watching it to its end: not before what SES still has to say."""

import io
import json
from collections import Counter
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import pytest

from local.month import month as months
from local.month.month import Month, MonthError, ProducerError, StoppedError
from local.month.outbox_view import Statuses
from shared.outbox.states import FINAL, Status
from shared.periods import Period

OUTPUTS = {"OutboxTableName": "outbox", "ControlTableName": "control"}
LOOK_S = 1.0


class Told(Month):
    """A month that is looked at once a second: it has so many messages in these statuses, and stays as it was last."""

    def __init__(self, clock: SimpleNamespace, *story: Statuses) -> None:
        deployment: Any = SimpleNamespace(url="", outputs=lambda: OUTPUTS, client=lambda *_, **__: None)
        super().__init__(deployment, Period.parse("2026-10"), lambda _: None)
        self.outbox.stuck = lambda: "two messages"  # type: ignore[method-assign]
        self._clock, self._story = clock, list(story)

    def look(self) -> Statuses:
        self._clock.now += LOOK_S
        return self._story.pop(0) if len(self._story) > 1 else self._story[0]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(months, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.mark.parametrize("early", [Status.SENT, Status.UNCERTAIN])
def test_what_an_event_may_still_move_is_waited_for(clock: SimpleNamespace, early: Status) -> None:
    """A lost answer makes a message UNCERTAIN at once, and SES's event comes a moment later."""
    before: list[Statuses] = [Counter({early: 1})] * 5
    assert Told(clock, *before, Counter({Status.DELIVERED: 1})).finish() == {Status.DELIVERED: 1}


@pytest.mark.parametrize("status", [Status.SENT, Status.UNCERTAIN])
def test_an_event_that_never_comes_is_not_waited_for_for_ever(clock: SimpleNamespace, status: Status) -> None:
    assert Told(clock, Counter({status: 1})).finish() == {status: 1}
    assert clock.now < 20


@pytest.mark.parametrize("status", [*sorted(FINAL - {Status.SENT}), Status.FAILED])
def test_the_rest_ends_a_month_at_once(clock: SimpleNamespace, status: Status) -> None:
    Told(clock, Counter({status: 1})).finish()
    assert clock.now == 2 * LOOK_S


def test_a_month_that_stands_still_says_what_stands_in_the_way(clock: SimpleNamespace) -> None:
    with pytest.raises(MonthError, match="nothing moved for 120 s:\ntwo messages"):
        Told(clock, Counter({Status.PENDING: 2, Status.UNCERTAIN: 1})).finish()


def producing(payload: dict[str, Any], **answer: str) -> Month:
    """A month whose producer answers that."""
    function = SimpleNamespace(invoke=lambda **_: {"Payload": io.BytesIO(json.dumps(payload).encode()), **answer})
    outputs = {**OUTPUTS, "ProducerFunctionName": "producer"}
    deployment: Any = SimpleNamespace(url="", outputs=lambda: outputs, client=lambda *_, **__: function)
    month = Month(deployment, Period.parse("2026-10"), lambda _: None)
    month.look = lambda: Counter()  # type: ignore[method-assign]
    return month


def report(state: str, **stopped_for: str) -> dict[str, Any]:
    return {"state": state, "stopped_for": stopped_for, "produced": 0, "rejected_rows": ""}


def test_a_month_that_is_completed_is_reported() -> None:
    assert producing(report("COMPLETED")).produce() == report("COMPLETED")


def test_a_month_that_has_stopped_is_not_done() -> None:
    with pytest.raises(
        StoppedError, match="the producer has stopped 2026-10: fewer: 1 rows; sandbox: in it"
    ) as stopped:
        producing(report("STOPPED", fewer="1 rows", sandbox="in it")).produce()
    assert stopped.value.findings == {"fewer": "1 rows", "sandbox": "in it"}


@pytest.mark.parametrize("state", ["RUNNING", "TAKEN_OVER"])
def test_nor_is_one_that_goes_on_elsewhere(state: str) -> None:
    with pytest.raises(ProducerError, match=f"ended with {state}: its run goes on in another invocation"):
        producing(report(state)).produce()


@pytest.mark.parametrize(
    ("frames", "place"),
    [
        (
            ["/var/task/handlers/producer.py", "/var/task/mail/usage/variables.py", "/usr/lib/json/decoder.py"],
            "mail/usage/variables.py, line 1",
        ),
        (["/usr/lib/json/decoder.py"], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_an_error_is_placed_in_the_products_own_code(frames: list[str], place: str) -> None:
    trace = [f'  File "{file}", line {number}, in f\n    …' for file, number in zip(frames, (213, 1, 7), strict=False)]
    failed = {"errorType": "KeyError", "errorMessage": "'plan'", "stackTrace": trace}
    with pytest.raises(ProducerError, match="ended with KeyError: 'plan'") as error:
        producing(failed, FunctionError="Unhandled").produce()
    assert error.value.place == place


def test_a_kill_is_called_off_also_where_the_engine_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    called_off: list[str] = []
    month = producing({})
    monkeypatch.setattr("local.stack.engine_pages.disarm", called_off.append)
    month.call_off_kill()
    assert called_off == [""]

    def gone(_: str) -> None:
        raise URLError("connection refused")

    monkeypatch.setattr("local.stack.engine_pages.disarm", gone)
    month.call_off_kill()
