"""doctor: what is deployed, and all that is switched on and off in it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.doctor import version
from ops.doctor.finding import PUT_BACK, Mark
from simulation.stack import STACK
from tests.unit.ops.doctor.answers import NOTHING, Answers, mapping, schedule
from tests.unit.ops.doctor.examining import BACKUPS, MAPPINGS, PROTECTION, SCHEDULE, found, only
from tests.unit.ops.office import Office


@pytest.mark.parametrize(("status", "mark"), [
    ("CREATE_COMPLETE", None), ("UPDATE_ROLLBACK_COMPLETE", Mark.WARNING), ("UPDATE_IN_PROGRESS", Mark.WARNING),
    ("UPDATE_ROLLBACK_FAILED", Mark.WRONG), ("DELETE_FAILED", Mark.WRONG),
])  # fmt: skip
def test_the_stacks_status(office: Office, status: str, mark: Mark | None) -> None:
    office.session = replace(office.session, stage=replace(office.session.stage, status=status))
    assert [one["mark"] for one in found(office) if one["mark"] != Mark.OK] == ([mark] if mark else [])


def test_a_stack_of_an_older_version(office: Office) -> None:
    outputs = {name: value for name, value in office.session.stage.outputs.items() if name != "ClaimFunctionName"}
    office.session = replace(office.session, stage=replace(office.session.stage, outputs=outputs))
    assert all(
        "the stack has no output ClaimFunctionName" in one["says"] for one in found(office) if one["mark"] != "ok"
    )


def test_without_a_zip_of_its_own(office: Office, package: Any) -> None:
    package.unlink()
    assert "the code can't be compared" in only(office, Mark.WARNING)["says"]


def test_an_installed_command_says_that_it_has_nothing_to_compare_with(
    office: Office, package: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package.unlink()
    monkeypatch.setattr(version, "CHECKOUT", tmp_path / "serverless.yml")
    finding = only(office, Mark.WARNING)
    assert "is installed, and belongs to no checkout" in finding["says"]
    assert "in the checkout that was deployed" in finding["do"]


def test_each_table_that_is_not_safe_is_named(office: Office, aws: Answers) -> None:
    aws.answer(*PROTECTION, {"Table": {}})
    aws.answer(*BACKUPS, {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "DISABLED"}})
    told = [one["says"] for one in found(office) if one["mark"] == Mark.WARNING]
    assert [any(name in one for name in ("outbox", "control", "unsubscribed")) for one in told] == [True] * 6


@pytest.mark.parametrize(("logical", "mark", "said"), [
    ("monthly", Mark.WARNING, "the month's production is off"), ("sweeper", Mark.WRONG, "the sweeper's schedule is off"),
])  # fmt: skip
def test_a_schedule_that_is_off(office: Office, aws: Answers, logical: str, mark: Mark, said: str) -> None:
    def answer(Name: str) -> dict[str, Any]:  # as the API has it
        return schedule(Name, State="DISABLED" if Name.endswith(logical) else "ENABLED")

    aws.answer(*SCHEDULE, answer)
    assert said in only(office, mark)["says"]


def test_where_airflow_sends_neither_schedule_nor_stream_need_be_on(office: Office, aws: Answers) -> None:
    outputs = {**office.session.stage.outputs, "Engine": "airflow"}
    office.session = replace(office.session, stage=replace(office.session.stage, outputs=outputs))
    aws.answer(*SCHEDULE, lambda Name: schedule(Name, State="DISABLED" if Name.endswith("monthly") else "ENABLED"))
    aws.answer(*MAPPINGS, {"EventSourceMappings": [mapping(State="Disabled")]})
    told = found(office)
    assert {one["mark"] for one in told} == {Mark.OK}
    assert [one["says"] for one in told if "Airflow" in one["says"]] == [
        "the stream to claim is Disabled: Airflow takes the messages",
        "the month's production is off: Airflow's DAG has a schedule of its own",
    ]


def test_a_schedule_that_is_gone(office: Office, aws: Answers) -> None:
    aws.answer(*SCHEDULE, lambda Name: NOTHING if Name.endswith("monthly") else schedule(Name))
    assert only(office, Mark.WRONG)["says"] == "the month's production has no schedule"


def test_what_to_do_about_a_rule(office: Office, aws: Answers) -> None:
    aws.change("events", "describe_rule", State="DISABLED")
    assert only(office, Mark.WRONG)["do"] == "`aws events enable-rule --name onlyonce-test-feedback-rule-1`"
    aws.answer("events", "describe_rule", NOTHING)
    assert only(office, Mark.WRONG)["do"] == PUT_BACK


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("AWS::Events::Rule", "the stack has no rule that leads events to feedback"),
        ("AWS::CloudWatch::Alarm", "alarms are not there: none is"),
    ],
)
def test_a_stack_without_its_resources(office: Office, aws: Answers, kind: str, said: str) -> None:
    listed = aws("cloudformation", "list_stack_resources", StackName=STACK)["StackResourceSummaries"]
    others = [one for one in listed if one["ResourceType"] != kind]
    aws.change("cloudformation", "list_stack_resources", StackResourceSummaries=others)
    assert only(office, Mark.WRONG)["says"] == said
