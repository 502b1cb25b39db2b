"""mail/stages.yml ↔ serverless.yml ↔ shared/settings.py: each function is told what it asks for, and nothing else."""

import re
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
import yaml

from handlers import send
from local.stack.embedded_aws import ROOT
from local.stack.stage_settings import FILE, settings_of
from shared import settings, wiring
from shared.producing import checks
from shared.sending.claims import CLAIM_LEASE
from shared.settings import read
from shared.sweeping import intervals
from tests.drift.conftest import Packaged

SETTINGS: dict[str, Any] = {
    "producer": settings.ProducerSettings,
    "claim": settings.ClaimSettings,
    "send": settings.SendSettings,
    "sweeper": settings.SweeperSettings,
    "feedback": settings.FeedbackSettings,
}


@pytest.mark.parametrize("function", SETTINGS)
def test_the_environment_is_the_settings_fields_in_capitals(packaged: Packaged, function: str) -> None:
    variables = packaged.function(function)["Environment"]["Variables"]
    own = {name for name in variables if not name.startswith("POWERTOOLS_")}
    assert own == {one.name.upper() for one in fields(SETTINGS[function])}


@pytest.mark.parametrize("function", SETTINGS)
def test_the_environment_can_be_read(packaged: Packaged, function: str) -> None:
    """With a text for each reference that CloudFormation fills in."""
    variables = packaged.function(function)["Environment"]["Variables"]
    environ = {name: value if isinstance(value, str) else "filled in" for name, value in variables.items()}
    made: Any = read(SETTINGS[function], environ)
    assert 0 <= getattr(made, "headroom", 0.0) < 1
    assert getattr(made, "attempts", 1) >= 1


@pytest.mark.parametrize(
    ("function", "variable", "duration"),
    [
        ("producer", "STRANDED_AFTER_S", intervals.STRANDED_AFTER),
        ("claim", "STRANDED_AFTER_S", intervals.STRANDED_AFTER),
        ("claim", "CLAIM_LEASE_S", CLAIM_LEASE),
        ("send", "SES_READ_TIMEOUT_S", timedelta(seconds=wiring.SES_READ_TIMEOUT_S)),
        ("send", "SEND_LEASE_S", send.SEND_LEASE),
        ("send", "CLAIM_LEASE_S", CLAIM_LEASE),
        ("sweeper", "STRANDED_AFTER_S", intervals.STRANDED_AFTER),
    ],
)
def test_a_duration_is_deployed_as_the_code_has_it(
    packaged: Packaged, function: str, variable: str, duration: timedelta
) -> None:
    """What is proven of the code's own durations holds for what is deployed."""
    variables = packaged.function(function)["Environment"]["Variables"]
    assert timedelta(seconds=int(variables[variable])) == duration


@pytest.mark.parametrize(
    ("parameter", "share"), [("maxRejected", checks.MAX_REJECTED), ("maxChange", checks.MAX_CHANGE)]
)
def test_a_run_stops_by_default_where_the_code_has_it(parameter: str, share: float) -> None:
    """Of the deployed stages; the local one takes any file."""
    default = settings_of("default")
    assert float(default[parameter]) == share


def test_every_settings_class_belongs_to_a_function() -> None:
    classes = {one for name, one in vars(settings).items() if name.endswith("Settings")}
    assert classes == set(SETTINGS.values())


def test_a_setting_is_used_and_each_that_is_used_is_set() -> None:
    files = [ROOT / "serverless.yml", *(ROOT / "deploy").glob("*.*")]
    used = {name for file in files for name in re.findall(r"param:(\w+)", file.read_text())}
    assert set(settings_of("default")) == used


def test_no_stage_sets_what_there_is_not() -> None:
    """osls takes a misspelt name in silence."""
    stages = yaml.safe_load(FILE.read_text())
    assert [(stage, name) for stage, own in stages.items() for name in own if name not in stages["default"]] == []


def test_a_stage_takes_its_own_settings_and_the_rest_of_the_default(packaged: Packaged) -> None:
    variables = packaged.function("producer")["Environment"]["Variables"]
    local, default = settings_of("local"), settings_of("default")
    assert variables["MAX_CHANGE"] == local["maxChange"] != default["maxChange"]
    assert variables["TIME_ZONE"] == default["timeZone"]
