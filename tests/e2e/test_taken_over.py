"""A stack that takes over what a removed one has left behind mails no month twice."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.month.month import Month
from local.stack import engine_pages
from local.stack.deployment import STACK, Deployment
from local.stack.embedded_aws import ROOT
from local.stack.stack import passing_stack
from local.usage import bucket, csv_file
from local.usage.choice import choose
from shared.outbox.states import Status
from tests.e2e.tool import osls

USERS = 3
KEPT = ("OutboxTableName", "ControlTableName", "UnsubscribedTableName", "UsageBucketName")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def deployment(folder: Path) -> Iterator[Deployment]:
    with passing_stack(folder, lambda _: None) as deployment:
        yield deployment


def take_over(deployment: Deployment, folder: Path, names: list[str]) -> None:
    """As docs/deploying.md has it."""
    osls(deployment, "package", "--package", str(folder))
    packaged = folder / "cloudformation-template-update-stack.json"
    subprocess.run([sys.executable, ROOT / "deploy/retained.py", *names, "--packaged", packaged], check=True)
    client = deployment.client("cloudformation")
    client.create_change_set(
        StackName=STACK, ChangeSetName="take-over", ChangeSetType="IMPORT",
        TemplateBody=(folder / "retained.json").read_text(),
        ResourcesToImport=json.loads((folder / "to-import.json").read_text()),
    )  # fmt: skip
    client.get_waiter("change_set_create_complete").wait(StackName=STACK, ChangeSetName="take-over")
    client.execute_change_set(StackName=STACK, ChangeSetName="take-over")
    client.get_waiter("stack_import_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})


def test_a_new_stack_knows_what_was_sent(deployment: Deployment, folder: Path) -> None:
    choice = choose("", "2026-10", USERS, folder / "usage.csv")
    before = deployment.outputs()
    bucket.load(deployment.client("s3"), before["UsageBucketName"], csv_file.read(choice.path))
    first = Month(deployment, choice.period, lambda _: None)
    assert first.produce()["produced"] == USERS
    assert first.finish() == {Status.DELIVERED: USERS}

    osls(deployment, "remove")
    names = [before[output] for output in KEPT]
    take_over(deployment, folder / "packaged", names)
    deployment.deploy(folder / "again.log")
    assert [deployment.outputs()[output] for output in KEPT] == names
    again = Month(deployment, choice.period, lambda _: None)
    again.produce()
    assert again.finish() == {Status.DELIVERED: USERS}
    assert len(list(engine_pages.mails(deployment.url))) == USERS
