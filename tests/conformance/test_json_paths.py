"""JSONPaths of a state machine that lead nowhere."""

from typing import Any

import pytest

from tests.conformance.account import Account

END = {"Type": "Succeed"}


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "Parameters": {"to.$": "$.misspelt"}, "End": True},
        {"Type": "Pass", "InputPath": "$.misspelt", "End": True},
        {
            "Type": "Choice",
            "Choices": [{"Variable": "$.misspelt", "StringEquals": "x", "Next": "End"}],
            "Default": "End",
        },
    ],
    ids=["Parameters", "InputPath", "Choice"],
)
def test_a_path_that_is_not_found_fails_the_execution(aws: Account, state: dict[str, Any]) -> None:
    """It is States.Runtime in every field, never null."""
    execution = aws.run({"StartAt": "Only", "States": {"Only": state, "End": END}}, {"to": "a@example.com"})
    assert (execution["status"], execution.get("error")) == ("FAILED", "States.Runtime")


def test_a_null_is_present(aws: Account) -> None:
    """IsPresent asks whether the path leads somewhere; a null is somewhere."""
    choice = {
        "Type": "Choice",
        "Choices": [
            {"Variable": "$.null", "IsPresent": False, "Next": "Wrong"},
            {"Variable": "$.absent.deeper", "IsPresent": True, "Next": "Wrong"},
        ],
        "Default": "End",
    }
    wrong = {"Type": "Fail", "Error": "Wrong"}
    execution = aws.run({"StartAt": "Ask", "States": {"Ask": choice, "Wrong": wrong, "End": END}}, {"null": None})
    assert execution["status"] == "SUCCEEDED"
