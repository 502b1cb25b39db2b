from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from ops.accept import measures
from ops.accept.calls import Calls
from ops.accept.measures import Measure

DUE = datetime(2026, 11, 1, 6, 0, 10, tzinfo=UTC)


def test_a_measure_tells_median_most_and_how_often() -> None:
    values = tuple(float(number) for number in range(1, 101))
    told = Measure("x", "ms", values).to_json()
    assert told == {"name": "x", "unit": "ms", "count": 100, "median": 50.5, "p95": 95.0, "most": 100.0}


def test_what_was_not_seen_is_said_so() -> None:
    assert Measure("x", "ms", ()).to_json() == {"name": "x", "unit": "ms", "count": 0}


def test_a_wake_up_is_late_from_the_second_on_that_wait_knows() -> None:
    history = [_entered("Wait", DUE - timedelta(seconds=3), "2026-11-01T06:00:10.700Z"), _exited(DUE, 0.25)]
    assert measures.wake_ups([history]).values == (250.0,)


def test_a_slot_that_was_over_when_it_began_to_wait_is_no_late_wake_up() -> None:
    history = [_entered("Wait", DUE + timedelta(seconds=3), "2026-11-01T06:00:10.700Z"), _exited(DUE, 3.1)]
    assert measures.wake_ups([history]).values == ()


def test_transitions_are_states_entered_and_retries() -> None:
    types = [
        "ExecutionStarted",
        "WaitStateEntered",
        "WaitStateExited",
        "TaskStateEntered",
        "TaskFailed",
        "TaskSucceeded",
    ]
    histories: Any = [[{"type": one} for one in types], [{"type": "WaitStateEntered"}]]
    assert measures.transitions(histories, 2).values == (2.0,)


def test_invocations_are_told_by_the_minute() -> None:
    asked: dict[str, Any] = {}

    def told(**of: Any) -> dict[str, Any]:
        asked.update(of)
        return {"Datapoints": [{"Average": 12.5}, {"Average": 30.0}]}

    cloudwatch = SimpleNamespace(get_metric_statistics=told)
    assert measures.invocations("send", "onlyonce-prod-send", DUE, DUE, cloudwatch).values == (12.5, 30.0)
    assert asked["Dimensions"] == [{"Name": "FunctionName", "Value": "onlyonce-prod-send"}]
    assert (asked["Namespace"], asked["MetricName"]) == ("AWS/Lambda", "Duration")


def test_units_are_told_as_far_as_they_are_known() -> None:
    points = [{"Sum": 100.0}, {"Sum": 92.0}]
    for datapoints, values in ((points, (4.0,)), ([], ())):
        cloudwatch = SimpleNamespace(get_metric_statistics=lambda points=datapoints, **_: {"Datapoints": points})
        assert measures.write_units("outbox", DUE, DUE, 48, cloudwatch).values == values


def test_calls_are_timed_by_operation() -> None:
    handlers: dict[str, Any] = {}
    client = SimpleNamespace(meta=SimpleNamespace(events=SimpleNamespace(register=handlers.__setitem__)))
    calls, model = Calls(), SimpleNamespace(name="SendEmail", service_model=SimpleNamespace(service_id="SESv2"))
    calls.listen_to(client)
    for _ in range(2):
        handlers["before-call"](model=model)
        handlers["after-call"](model=model)
    (measure,) = calls.measures()
    assert (measure.name, len(measure.values)) == ("SESv2 SendEmail, from here", 2)


def _entered(state: str, at: datetime, send_at: str) -> dict[str, Any]:
    order = f'{{"send_at": "{send_at}", "claims": []}}'
    return {"type": f"{state}StateEntered", "timestamp": at, "stateEnteredEventDetails": {"input": order}}


def _exited(due: datetime, late_s: float) -> dict[str, Any]:
    return {"type": "WaitStateExited", "timestamp": due + timedelta(seconds=late_s)}
