"""deploy/tracing.js: a stage that wants traces has them of every function and of the state machine; another has nothing of it."""

import json
from typing import Any

import pytest

from tests.drift.conftest import FUNCTIONS, Packaged, package
from tests.drift.policies import attached, pairs

WRITES = {("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")}
SAMPLES = {("xray:GetSamplingRules", "*"), ("xray:GetSamplingTargets", "*")}


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    return package(tmp_path_factory.mktemp("traced"), "tracing=on")


def test_every_function_is_traced_and_may_write_its_traces(traced: Packaged) -> None:
    for name in FUNCTIONS:
        assert traced.function(name)["TracingConfig"] == {"Mode": "Active"}
        assert set(pairs(attached(traced, f"{name.capitalize()}Role"))) >= WRITES


def test_the_state_machine_is_traced_and_may_ask_what_to_sample(traced: Packaged) -> None:
    assert traced.resources["SendStateMachine"]["Properties"]["TracingConfiguration"] == {"Enabled": True}
    assert set(pairs(attached(traced, "SendStateMachineRole"))) == WRITES | SAMPLES


def test_nothing_else_changes(traced: Packaged, packaged: Packaged) -> None:
    """So that it can be switched on in the middle of a month."""
    added = {"FunctionsTracing", "StateMachineTracing"}
    assert set(traced.resources) - set(packaged.resources) == added
    for name, before in packaged.resources.items():
        after: dict[str, Any] = traced.resources[name]
        kept = {key: value for key, value in after["Properties"].items() if not key.startswith("TracingConfig")}
        assert kept | {"Code": None} == before.get("Properties", {}) | {"Code": None}, name


def test_without_it_there_are_no_traces_and_no_permissions(packaged: Packaged) -> None:
    template = json.dumps(packaged.template)
    assert "xray" not in template
    assert "Tracing" not in template
