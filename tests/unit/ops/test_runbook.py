"""docs/runbook.md: every alarm is in it, and its commands can be typed as they stand."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from ops.main import parse
from shared.keys import to_tag
from shared.outbox.states import Status
from simulation.stack import STACK
from simulation.world import World
from tests.unit.handlers.actors import KEY, put, status

ROOT = Path(__file__).parents[3]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
README = (ROOT / "README.md").read_text()
ALARMS = sorted(yaml.safe_load((ROOT / "deploy" / "alarms.yml").read_text()))
COMMANDS = re.findall(r"^ +onlyonce (.+)$", RUNBOOK + README, re.MULTILINE)


def test_every_alarm_has_its_section_and_every_section_its_alarm() -> None:
    headings = re.findall(r"^### (.+)$", RUNBOOK, re.MULTILINE)
    named = [name for heading in headings for name in re.findall(r"\w+Alarm\b", heading)]
    assert sorted(named) == ALARMS


@pytest.mark.parametrize("document", ["README.md", "docs/runbook.md", "docs/rehearsing.md"])
def test_every_alarm_that_a_document_names_is_there(document: str) -> None:
    named = set(re.findall(r"\b[A-Z]\w+Alarm\b", (ROOT / document).read_text()))
    assert named <= set(ALARMS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_typed(command: str) -> None:
    (typed, *_) = re.split(r" +(?:\||>|#)", command)
    assert parse([*shlex.split(typed), "--stage", "prod"])


def test_the_commands_are_found() -> None:
    assert len(COMMANDS) > 25


def test_an_event_of_ses_can_be_completed_by_hand() -> None:
    (body,) = re.findall(r"^ +echo '(.+)' >body.json$", RUNBOOK, re.MULTILINE)
    for placeholder, given in {"onlyonce-prod": STACK, "USER": to_tag(KEY.user_id), "FENCE": "3"}.items():
        body = body.replace(placeholder, given)
    world = World(0)
    put(world, Status.SENT, send_fence=3)
    assert world.feed_back(json.loads(body)["detail"]) == {"did": "mark_unrendered"}
    assert status(world) == "FAILED"


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK))))
def test_links_lead_somewhere(anchor: str) -> None:
    headings = re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    assert anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_leads_to_it() -> None:
    assert "(docs/runbook.md)" in README
