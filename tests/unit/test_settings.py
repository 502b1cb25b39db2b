"""A function's environment, read."""

from dataclasses import dataclass

import pytest

from shared.errors import MissingSettingError
from shared.settings import FeedbackSettings, SweeperSettings, read

SWEEPER = {
    "OUTBOX_TABLE": "outbox",
    "CONTROL_TABLE": "control",
    "PRODUCER_FUNCTION": "producer",
    "ATTEMPTS": "5",
    "HEADROOM": "0.1",
    "STRANDED_AFTER_S": "600",
    "ADDRESS_DAYS": "0",
    "PATH": "/bin",
}


def test_each_field_is_a_variable_in_capitals_and_has_its_type() -> None:
    assert read(SweeperSettings, SWEEPER) == SweeperSettings("outbox", "control", "producer", 5, 0.1, 600, 0)


@pytest.mark.parametrize("variable", sorted(SWEEPER.keys() - {"PATH"}))
def test_what_is_missing_is_named(variable: str) -> None:
    environ = {name: value for name, value in SWEEPER.items() if name != variable}
    with pytest.raises(MissingSettingError, match=f"SweeperSettings: {variable} is not set$"):
        read(SweeperSettings, environ)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(MissingSettingError, match=r"OUTBOX_TABLE is not set; .*; STACK is not set"):
        read(FeedbackSettings, {})


@pytest.mark.parametrize(
    ("variable", "value", "kind"),
    [("ATTEMPTS", "many", "int"), ("ATTEMPTS", "1.5", "int"), ("HEADROOM", "10%", "float")],
)
def test_what_cannot_be_read_is_named_with_its_value(variable: str, value: str, kind: str) -> None:
    with pytest.raises(MissingSettingError, match=f"{variable}='{value}' is no {kind}"):
        read(SweeperSettings, {**SWEEPER, variable: value})


def test_types_may_be_given_as_texts() -> None:
    @dataclass(frozen=True)
    class Quoted:
        number: "int"
        text: "str"

    assert read(Quoted, {"NUMBER": "3", "TEXT": "3"}) == Quoted(3, "3")
