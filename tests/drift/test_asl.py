"""handlers/send.asl.json ↔ shared/errors.py ↔ the leases of the handlers ↔ the function's timeout."""

import json
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handlers import send
from shared import errors, wiring
from shared.aws.ses import Sender
from shared.rendering.unsubscribing import Unsubscribing
from shared.sending.claims import CLAIM_LEASE
from simulation.world import World
from tests.drift.conftest import Packaged

ROOT = Path(__file__).resolve().parents[2]
MACHINE: dict[str, Any] = json.loads((ROOT / "handlers" / "send.asl.json").read_text())
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
RETRIES = [(name, retry) for name, task in TASKS.items() for retry in task["Retry"]]
RETRY_FIELDS = {
    "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment",
}  # fmt: skip
"""All there are (source: Amazon States Language). Step Functions refuses others; what validates here does not."""
OF_AWS = ("Lambda.", "States.", "Sandbox.", "Runtime.")

LAMBDA_TASK_ERRORS = (
    "Lambda.AWSLambdaException", "Lambda.ClientExecutionTimeoutException", "Lambda.SdkClientException",
    "Lambda.ServiceException", "Lambda.TooManyRequestsException", "Lambda.Unknown", "Runtime.ExitError",
    "Runtime.OutOfMemory", "Sandbox.Timedout", "States.Timeout",
)  # fmt: skip
"""How a Lambda task fails without an answer of its function (source: Step Functions developer guide, "Handle transient
Lambda service exceptions" and "Error names"; Runtime and Sandbox errors: Lambda developer guide).
"""

DEALT_WITH: dict[type[Exception], str] = {
    errors.SendThrottledError: "Retry",
    errors.SendUnavailableError: "Retry",
    errors.UnfitProcessError: "Retry",
    errors.OutOfTimeError: "Retry",
    errors.StoreUnavailableError: "Retry",
    errors.SlotVoidError: "Catch",
    errors.NoRoomError: "send itself, which gives back what is left",
    errors.DailyQuotaError: "send itself, which gives back what is left",
    errors.CampaignPausedError: "send itself, which gives back what is left",
    errors.NoRoomError: "send itself, which gives back what is left",
    errors.ExecutionStartError: "claim",
    errors.FunctionStartError: "producer and sweeper, which leave it to the next sweep",
    errors.AthenaUnavailableError: "Lambda, which starts the producer again, and the sweeper",
}
"""Who deals with each error after which the same call may be made again."""


def leaves(base: type[Exception]) -> set[type[Exception]]:
    below = base.__subclasses__()
    return set().union(*(leaves(one) for one in below)) if below else {base}


LEAVES = {one.__name__: one for one in leaves(errors.OnlyonceError)}


def named(kind: str, task: str = "Send") -> set[str]:
    return {name for entry in TASKS[task].get(kind, ()) for name in entry["ErrorEquals"]}


def test_every_error_name_is_a_leaf_of_errors_or_one_of_aws() -> None:
    names = {name for task in TASKS for kind in ("Retry", "Catch") for name in named(kind, task)}
    assert {name for name in names if not name.startswith(OF_AWS)} <= set(LEAVES)


@pytest.mark.parametrize("base", [errors.OnlyonceError, errors.RetryableError, errors.PermanentError])
def test_a_base_is_never_raised(base: type[Exception]) -> None:
    """Step Functions matches the bare class name and knows no inheritance."""
    files = [*(ROOT / "handlers").glob("*.py"), *(ROOT / "shared").glob("**/*.py")]
    assert files
    assert [file.name for file in files if f"raise {base.__name__}" in file.read_text()] == []


@pytest.mark.parametrize("error", sorted(leaves(errors.RetryableError), key=str))
def test_somebody_deals_with_every_retryable_error(error: type[Exception]) -> None:
    by = DEALT_WITH[error]
    assert (error.__name__ in named("Retry")) == (by == "Retry")
    if by == "Catch":
        assert error.__name__ in named("Catch")


@pytest.mark.parametrize("error", LAMBDA_TASK_ERRORS)
def test_a_task_whose_function_gave_no_answer_is_run_again(error: str) -> None:
    """Else its messages would wait for the end of their lease, and the death would cost them an attempt."""
    assert error in named("Retry")


def test_what_may_have_been_sent_is_never_retried() -> None:
    never = {one.__name__ for one in leaves(errors.PermanentError)} | {"SendUncertainError", "LeaseLostError"}
    assert not named("Retry") & never
    assert not named("Retry") & {"States.ALL", "States.TaskFailed", "States.Runtime"}
    assert not named("Catch") & {*never, "States.ALL", "States.TaskFailed"}


def test_what_is_caught_when_retries_are_used_up_was_not_sent() -> None:
    catching = {name: entry["Next"] for entry in TASKS["Send"]["Catch"] for name in entry["ErrorEquals"]}
    assert catching.pop("SlotVoidError") == "Reschedule"
    assert set(catching) <= {one.__name__ for one in leaves(errors.RetryableError)}
    assert set(catching.values()) == {"GiveBack"}
    assert {"SendThrottledError", "SendUnavailableError", "UnfitProcessError"} <= set(catching)


@pytest.mark.parametrize(("name", "retry"), RETRIES)
def test_a_retry_has_only_known_fields_and_sane_values(name: str, retry: dict[str, Any]) -> None:
    assert set(retry) <= RETRY_FIELDS, name
    assert retry["BackoffRate"] >= 1
    assert retry["JitterStrategy"] == "FULL"
    assert 1 <= retry["IntervalSeconds"] <= retry["MaxDelaySeconds"] < 31_622_400
    assert 1 <= retry["MaxAttempts"] < 100


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", ["Retry", "Catch"])
def test_states_all_stands_alone_and_last(task: str, kind: str) -> None:
    """source: Amazon States Language, "MUST appear alone" and "in the last"""
    entries = TASKS[task].get(kind, [])
    for position, entry in enumerate(entries):
        if "States.ALL" in entry["ErrorEquals"]:
            assert entry["ErrorEquals"] == ["States.ALL"]
            assert position == len(entries) - 1


@pytest.mark.parametrize("task", TASKS)
def test_no_error_is_named_twice(task: str) -> None:
    """The first Retry that names it would count for it, and the second for nothing."""
    for kind in ("Retry", "Catch"):
        names = [name for entry in TASKS[task].get(kind, ()) for name in entry["ErrorEquals"]]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_a_task_invokes_send_with_the_action_of_its_name(task: dict[str, Any]) -> None:
    assert task["Resource"] == "arn:aws:states:::lambda:invoke"
    assert task["OutputPath"] == "$.Payload"
    assert task["Parameters"]["FunctionName"] == "${SendFunctionArn}"
    payload = task["Parameters"]["Payload"]
    order = {"send_at": "2026-11-01T06:00:00.000Z", "late": 0, "claims": []}
    assert World(0).send({**order, "action": payload["action"]})["claims"] == []
    assert set(payload) - {"retries.$"} == {"action", "send_at.$", "claims.$"}


def test_the_action_is_the_states_name() -> None:
    actions = {name: task["Parameters"]["Payload"]["action"] for name, task in TASKS.items()}
    assert {name.lower() for name in actions} == {action.replace("_", "") for action in actions.values()}
    assert all(name.lower() == action.replace("_", "") for name, action in actions.items())


def test_the_wait_is_until_the_orders_slot() -> None:
    assert MACHINE["StartAt"] == "WaitForSlot"
    assert STATES["WaitForSlot"] == {"Type": "Wait", "TimestampPath": "$.send_at", "Next": "Send"}


def test_every_state_is_reached_and_every_target_exists() -> None:
    targets = {MACHINE["StartAt"]}
    for state in STATES.values():
        entries = [state, *state.get("Catch", ()), *state.get("Choices", ())]
        targets |= {entry["Next"] for entry in entries if "Next" in entry} | {state.get("Default", MACHINE["StartAt"])}
    assert targets == set(STATES)


def test_a_claim_outlasts_the_state_machines_longest_way() -> None:
    """A lease that ended in the middle of a round would be safe, and would burn an attempt."""
    longest = max(retry["MaxDelaySeconds"] for _, retry in RETRIES)
    task = max(state["TimeoutSeconds"] for state in TASKS.values())
    assert timedelta(seconds=longest + task) < CLAIM_LEASE


@pytest.mark.parametrize(("name", "retry"), RETRIES)
def test_a_claim_outlasts_all_delays_of_one_retry(name: str, retry: dict[str, Any]) -> None:
    delays = (retry["IntervalSeconds"] * retry["BackoffRate"] ** n for n in range(retry["MaxAttempts"]))
    total = math.fsum(min(delay, retry["MaxDelaySeconds"]) for delay in delays)
    assert timedelta(seconds=total + TASKS[name]["TimeoutSeconds"]) < CLAIM_LEASE


def test_the_function_ends_before_its_lease_and_before_its_task(packaged: Packaged) -> None:
    timeout_s = packaged.function("send")["Timeout"]
    assert timedelta(seconds=timeout_s) < send.SEND_LEASE
    assert timeout_s * 1000 > send.NEEDED_MS > send.ASK_MS
    assert all(task["TimeoutSeconds"] > timeout_s for task in TASKS.values())


def test_one_ask_of_ses_is_one_request_that_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    adapter = wiring.ses.__wrapped__(Sender("a@example.com", "set", "stack"), Unsubscribing("none"))
    config: Any = adapter._client.meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}
    assert (config.connect_timeout + config.read_timeout) * 1000 == send.ASK_MS
