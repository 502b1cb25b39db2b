"""Executions in one process: started once by name, waited for, gone on with in their time, and ended when the process ends."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from dags.executions import ExecutionAlreadyExists, ExecutionsHere, Stopping
from shared.errors import SendThrottledError, SendUncertainError, SlotVoidError
from shared.times import to_text, utc_now

A_MOMENT = timedelta(seconds=1)


class Functions:
    """Send, as the state machine invokes it."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.errors: list[Exception] = []
        self.busy = Event()
        self.may_end = Event()
        self.may_end.set()

    def __call__(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(payload)
        self.busy.set()
        self.may_end.wait(10)
        if self.errors:
            raise self.errors.pop(0)
        return {"send_at": payload["send_at"], "claims": payload["claims"]}


@pytest.fixture
def send() -> Functions:
    return Functions()


@pytest.fixture
def stopping() -> Stopping:
    return Stopping()


@pytest.fixture
def here(send: Functions, stopping: Stopping) -> Iterator[ExecutionsHere]:
    with ThreadPoolExecutor(4) as pool:
        here = ExecutionsHere(send, utc_now, pool, stopping)
        yield here
        here.close()


def start(here: ExecutionsHere, name: str = "one", after: timedelta = timedelta()) -> None:
    order = {"send_at": to_text(utc_now() + after), "claims": [{"user_id": "ann"}]}
    here.start_execution(stateMachineArn="here", name=name, input=json.dumps(order))


def test_it_runs_to_its_end(here: ExecutionsHere, send: Functions) -> None:
    start(here)
    assert here.wait(utc_now() + A_MOMENT) is None
    assert [(one["action"], one["retries"]) for one in send.asked] == [("send", 0)]


def test_by_one_name_only_one_is_started(here: ExecutionsHere, send: Functions) -> None:
    start(here)
    with pytest.raises(ExecutionAlreadyExists):
        start(here)
    here.wait(utc_now() + A_MOMENT)
    assert len(send.asked) == 1


def test_it_waits_for_its_time(here: ExecutionsHere, send: Functions) -> None:
    start(here, after=timedelta(seconds=2))
    here.wait(utc_now())
    assert send.asked == []
    assert here.wait(utc_now() + 5 * A_MOMENT) is None
    assert len(send.asked) == 1


def test_what_is_far_is_told_and_not_waited_for(here: ExecutionsHere, send: Functions) -> None:
    start(here, after=timedelta(hours=5))
    far = here.wait(utc_now() + A_MOMENT)
    assert far is not None
    assert far > utc_now() + timedelta(hours=4)
    assert send.asked == []


def test_an_error_is_retried_as_the_state_machine_says(here: ExecutionsHere, send: Functions) -> None:
    send.errors = [SendThrottledError("slower")]
    start(here)
    assert here.wait(utc_now() + 10 * A_MOMENT) is None
    assert [one["retries"] for one in send.asked] == [0, 1]
    assert here.failed == {}


def test_a_void_slot_leads_to_another(here: ExecutionsHere, send: Functions) -> None:
    send.errors = [SlotVoidError("later")]
    start(here)
    assert here.wait(utc_now() + 10 * A_MOMENT) is None
    assert [one["action"] for one in send.asked] == ["send", "reschedule", "send"]


def test_an_error_that_is_not_retried_ends_it(here: ExecutionsHere, send: Functions) -> None:
    send.errors = [SendUncertainError("lost")]
    start(here)
    assert here.wait(utc_now() + A_MOMENT) is None
    assert (len(send.asked), here.failed) == (1, {"SendUncertainError": 1})


def test_a_process_that_ends_waits_for_what_is_under_way_and_begins_nothing(
    here: ExecutionsHere, send: Functions, stopping: Stopping
) -> None:
    send.may_end.clear()
    start(here, "under way")
    assert send.busy.wait(10)
    start(here, "waits", after=timedelta(seconds=2))
    stopping.asked = True
    send.may_end.set()
    assert here.wait(utc_now() + 60 * A_MOMENT) is not None  # it waits, and is not begun
    assert len(send.asked) == 1


def test_who_sleeps_wakes_up_when_the_process_is_to_end(stopping: Stopping) -> None:
    stopping.asked = True
    before = utc_now()
    stopping.sleep(3600)
    assert utc_now() - before < timedelta(minutes=1)
