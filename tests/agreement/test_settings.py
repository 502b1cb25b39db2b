"""shared/settings.py ↔ serverless.yml: each function is told what it asks for, and nothing else."""

from dataclasses import fields
from typing import Any

import pytest

from shared import settings
from shared.settings import read
from tests.agreement.conftest import Packaged

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


def test_every_settings_class_belongs_to_a_function() -> None:
    classes = {one for name, one in vars(settings).items() if name.endswith("Settings")}
    assert classes == set(SETTINGS.values())
