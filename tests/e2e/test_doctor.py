"""`onlyonce doctor` on the deployed stack: a healthy one has nothing wrong, and each thing that is broken shows."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from local.stack.deployment import STACK, Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stage_settings import STAGE, mail_files, settings_of
from tests.e2e.waiting import until

UNANSWERED = {"starts"}
"""What the embedded AWS does not know: Service Quotas."""


def doctor(deployment: Deployment) -> tuple[int, list[dict[str, str]]]:
    """Exit status and findings."""
    command = [sys.executable, "-m", "ops.main", "doctor", "--json", "--stage", STAGE]
    done = subprocess.run(
        command, cwd=ROOT, env=isolated(os.environ, deployment.url), capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.returncode, json.loads(done.stdout)["findings"]


@pytest.fixture(scope="module", autouse=True)
def _seen_to(deployment: Deployment) -> None:
    """The story's killed producer has rung its alarm, which would last for 20 minutes; here somebody has seen to it."""
    alarm = alarm_name(deployment, "ProducerErrorsAlarm")
    client = deployment.client("cloudwatch")

    def rang() -> bool:
        history = client.describe_alarm_history(AlarmName=alarm, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
        return any(one["HistorySummary"].endswith("to ALARM") for one in history)

    until(rang, patience_s=75)  # an alarm is evaluated each minute
    set_alarm(deployment, "ProducerErrorsAlarm", "OK")


def test_a_healthy_stack_has_nothing_wrong(deployment: Deployment) -> None:
    status, findings = doctor(deployment)
    assert [one["says"] for one in findings if one["mark"] == "wrong"] == []
    assert status == 0
    unread = [one["says"] for one in findings if "can't be read" in one["says"]]
    assert {said.split(":")[1].strip() for said in unread} == UNANSWERED
    assert any(one["says"].startswith("SES renders the template with a dash") for one in findings)


Breaking = Callable[[Deployment], AbstractContextManager[Any]]


@contextmanager
def no_stream(deployment: Deployment) -> Iterator[None]:
    functions = deployment.client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=f"{STACK}-claim")["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def no_template(deployment: Deployment) -> Iterator[None]:
    ses, name = deployment.client("sesv2"), mail_files().template(STACK, settings_of(STAGE)["unsubscribe"]).name
    content = ses.get_email_template(TemplateName=name)["TemplateContent"]
    ses.delete_email_template(TemplateName=name)
    yield
    ses.create_email_template(TemplateName=name, TemplateContent=content)


@contextmanager
def no_sender(deployment: Deployment) -> Iterator[None]:
    ses, sender = deployment.client("sesv2"), deployment.outputs()["SenderAddress"]
    ses.delete_email_identity(EmailIdentity=sender)
    yield
    ses.create_email_identity(EmailIdentity=sender)


@contextmanager
def no_rule(deployment: Deployment) -> Iterator[None]:
    events = deployment.client("events")
    (rule,) = events.list_rules(NamePrefix=STACK)["Rules"]
    events.disable_rule(Name=rule["Name"])
    yield
    events.enable_rule(Name=rule["Name"])


@contextmanager
def no_events(deployment: Deployment) -> Iterator[None]:
    ses = deployment.client("sesv2")
    (destination,) = ses.get_configuration_set_event_destinations(ConfigurationSetName=STACK)["EventDestinations"]
    name = destination.pop("Name")
    named = {"ConfigurationSetName": STACK, "EventDestinationName": name}
    ses.update_configuration_set_event_destination(**named, EventDestination={**destination, "Enabled": False})
    yield
    ses.update_configuration_set_event_destination(**named, EventDestination=destination)


@contextmanager
def no_sweeper(deployment: Deployment) -> Iterator[None]:
    scheduler = deployment.client("scheduler")
    found = scheduler.get_schedule(Name=f"{STACK}-sweeper")
    taken = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    schedule = {name: found[name] for name in taken}
    scheduler.update_schedule(**schedule, State="DISABLED")
    yield
    scheduler.update_schedule(**schedule, State="ENABLED")


@contextmanager
def no_listener(deployment: Deployment) -> Iterator[None]:
    sns, topic = deployment.client("sns"), deployment.outputs()["AlarmTopicArn"]
    (found,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])
    yield
    sns.subscribe(TopicArn=topic, Protocol=found["Protocol"], Endpoint=found["Endpoint"])


@contextmanager
def an_alarm_that_rings(deployment: Deployment) -> Iterator[None]:
    set_alarm(deployment, "PutOffAlarm", "ALARM")
    yield
    set_alarm(deployment, "PutOffAlarm", "OK")


def set_alarm(deployment: Deployment, alarm: str, state: str) -> None:
    """On the embedded AWS it stays so for the alarm's period, whatever is measured."""
    name = alarm_name(deployment, alarm)
    deployment.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="rehearsed")


def alarm_name(deployment: Deployment, alarm: str) -> str:
    (found,) = deployment.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{STACK}-{alarm}")["MetricAlarms"]
    return str(found["AlarmName"])


@contextmanager
def a_dead_letter(deployment: Deployment) -> Iterator[None]:
    sqs, url = deployment.client("sqs"), deployment.outputs()["DeadLettersUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    yield
    sqs.purge_queue(QueueUrl=url)
    set_alarm(deployment, "DeadLettersAlarm", "OK")  # where the letter was there when the minute was measured


BROKEN: dict[str, Breaking] = {
    "the stream to claim is Disabled": no_stream,
    "SES has no template": no_template,
    "nor its domain is verified": no_sender,
    "to feedback is DISABLED": no_rule,
    "SES does not tell of": no_events,
    "the sweeper's schedule is off": no_sweeper,
    "nobody hears an alarm": no_listener,
    "PutOffAlarm rings": an_alarm_that_rings,
    "1 dead letter:": a_dead_letter,
}


@pytest.mark.parametrize("said", BROKEN)
def test_what_is_broken_shows(deployment: Deployment, said: str) -> None:
    with BROKEN[said](deployment):
        status, findings = doctor(deployment)
    wrong = [one["says"] for one in findings if one["mark"] == "wrong"]
    assert status == 1
    assert any(said in one for one in wrong), wrong
    assert len(wrong) <= 2  # a template that is not there can't be rendered either


def test_a_table_without_its_guards_shows(deployment: Deployment) -> None:
    db, table = deployment.client("dynamodb"), deployment.outputs()["OutboxTableName"]

    def guard(*, on: bool) -> None:
        db.update_table(TableName=table, DeletionProtectionEnabled=on)
        recovery = {"PointInTimeRecoveryEnabled": on}
        db.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)

    guard(on=False)
    status, findings = doctor(deployment)
    guard(on=True)
    told = {one["says"]: one["mark"] for one in findings if table in one["says"]}
    assert told == {
        f"the table {table} can be deleted by mistake, and who was mailed with it": "warning",
        f"the table {table} can't be restored": "warning",
    }
    assert status == 0


def test_afterwards_it_is_healthy_again(deployment: Deployment) -> None:
    status, findings = doctor(deployment)
    assert (status, [one["says"] for one in findings if one["mark"] == "wrong"]) == (0, [])
