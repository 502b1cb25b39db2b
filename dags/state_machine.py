"""Runs an execution of the product's state machine without Step Functions: Amazon States Language, as much of it as
send.asl.json uses. What it does not know it refuses.

It neither sleeps nor calls: it yields the instants until which the execution waits, and is told how functions are invoked. So
Airflow runs it in real time, and tests and benchmarks in virtual time.

Source of the semantics: Amazon States Language specification; Retry's delay is IntervalSeconds × BackoffRate^n, at most
MaxDelaySeconds, with JitterStrategy FULL drawn from 0 to that; Wait truncates to whole seconds.
"""

import random
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Any

from shared.times import from_text

Clock = Callable[[], datetime]
Invoke = Callable[[Any], Any]

_KNOWN_FIELDS = {
    "Wait": {"Type", "TimestampPath", "Next"},
    "Task": {
        "Type", "Resource", "Parameters", "OutputPath", "TimeoutSeconds", "Retry", "Catch", "Next", "End", "Comment",
    },
    "Choice": {"Type", "Choices", "Default"},
    "Succeed": {"Type"},
}  # fmt: skip


class TaskFailedError(Exception):
    """A Lambda function ended in an error of this name."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(f"{name}: {cause}")
        self.name = name


def run(
    machine: dict[str, Any],
    data: Any,
    invoke: Invoke,
    clock: Clock,
    rng: random.Random,
    on_transition: Callable[[], None] = lambda: None,
) -> Generator[datetime, None, Any]:
    """Runs one execution: yields the instant until which it waits, returns its output. Raises TaskFailedError when it
    fails. Tells of each transition that is charged: each state that is entered, and each retry (source: sfn-price).
    """
    name = machine["StartAt"]
    while True:
        on_transition()
        state = machine["States"][name]
        if unknown := set(state) - _KNOWN_FIELDS[state["Type"]]:
            raise ValueError(f"this interpreter does not know {unknown} of state {name}")
        match state["Type"]:
            case "Succeed":
                return data
            case "Wait":
                yield from_text(_path(data, state["TimestampPath"])).replace(microsecond=0)
                name = state["Next"]
            case "Choice":
                name = next((one["Next"] for one in state["Choices"] if _chooses(one, data)), state["Default"])
            case "Task":
                data, target = yield from _task(state, data, invoke, clock, rng, on_transition)
                if target is None:
                    return data
                name = target


def _task(
    state: dict[str, Any],
    data: Any,
    invoke: Invoke,
    clock: Clock,
    rng: random.Random,
    on_transition: Callable[[], None],
) -> Generator[datetime, None, tuple[Any, str | None]]:
    retried = [0] * len(state.get("Retry", ()))
    while True:
        try:
            context = {"State": {"RetryCount": sum(retried)}}
            answer = {"Payload": invoke(_fill(state["Parameters"], data, context)["Payload"])}
        except TaskFailedError as error:
            number = next(
                (n for n, retry in enumerate(state.get("Retry", ())) if _matches(retry["ErrorEquals"], error.name)),
                None,
            )
            if number is not None and retried[number] < state["Retry"][number]["MaxAttempts"]:
                yield clock() + _delay(state["Retry"][number], retried[number], rng)
                retried[number] += 1
                on_transition()
                continue
            for catch in state.get("Catch", ()):
                if _matches(catch["ErrorEquals"], error.name):
                    caught = {
                        **data,
                        catch["ResultPath"].removeprefix("$."): {"Error": error.name, "Cause": str(error)},
                    }
                    return caught, catch["Next"]
            raise
        return _path(answer, state["OutputPath"]), state.get("Next")


def _delay(retry: dict[str, Any], retried: int, rng: random.Random) -> timedelta:
    seconds = min(retry["IntervalSeconds"] * retry["BackoffRate"] ** retried, retry["MaxDelaySeconds"])
    return timedelta(seconds=rng.uniform(0, seconds) if retry["JitterStrategy"] == "FULL" else seconds)


def _matches(names: list[str], name: str) -> bool:
    return name in names or names == ["States.ALL"]


def _chooses(choice: dict[str, Any], data: Any) -> bool:
    if set(choice) != {"Variable", "IsPresent", "Next"}:
        raise ValueError(f"this interpreter does not know the choice {choice}")
    try:
        _path(data, choice["Variable"])
    except (KeyError, IndexError):
        return not choice["IsPresent"]
    return bool(choice["IsPresent"])


def _fill(template: Any, data: Any, context: dict[str, Any]) -> Any:
    if not isinstance(template, dict):
        return template
    return {
        name.removesuffix(".$"): _read(value, data, context) if name.endswith(".$") else _fill(value, data, context)
        for name, value in template.items()
    }


def _read(path: str, data: Any, context: dict[str, Any]) -> Any:
    """From the context object where the path begins with two dollars (source: sfn-context)."""
    return _path(context, path[1:]) if path.startswith("$$") else _path(data, path)


def _path(data: Any, path: str) -> Any:
    if not path.startswith("$"):
        raise ValueError(f"this interpreter does not know the path {path}")
    for part in path.removeprefix("$").replace("[", ".[").split("."):
        if part:
            data = data[int(part[1:-1])] if part.startswith("[") else data[part]
    return data
