"""doctor: each thing that is wrong, or to know, is found and told with what to do."""

import json
import re
import shlex

import pytest

from ops.doctor.finding import Mark
from tests.drift import test_commands_in_docs as commands
from tests.unit.ops.doctor.answers import Answers
from tests.unit.ops.doctor.examining import found, only
from tests.unit.ops.doctor.to_know import WARNINGS
from tests.unit.ops.doctor.wrong import WRONG
from tests.unit.ops.office import Office

COMMAND = {"aws": commands.aws, "onlyonce": commands.onlyonce, "make": commands.make, "dig": commands.nothing}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(office: Office, aws: Answers, name: str) -> None:
    change, said = WRONG[name]
    change(aws)
    assert office.type("doctor", "--json") == 1
    wrong = [one for one in json.loads(office.shown)["findings"] if one["mark"] == "wrong"]
    assert said in wrong[0]["says"]
    assert all(one["do"] for one in wrong)


@pytest.mark.parametrize("name", WARNINGS)
def test_what_one_should_know_is_told(office: Office, aws: Answers, name: str) -> None:
    change, said = WARNINGS[name]
    change(aws)
    assert office.type("doctor", "--json") == 0
    finding = only(office, Mark.WARNING)
    assert said in finding["says"]
    assert finding["do"]


@pytest.mark.parametrize("name", [*WRONG, *WARNINGS])
def test_the_commands_that_it_names_can_be_typed(office: Office, aws: Answers, name: str) -> None:
    change, _ = {**WRONG, **WARNINGS}[name]
    change(aws)
    for one in found(office):
        for line in re.findall(r"`([^`]+)`", one["do"]):
            first, *words = shlex.split(line)
            COMMAND[first](words)
