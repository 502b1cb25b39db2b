"""doctor: a healthy stage has nothing wrong, and each thing that is wrong is found and told with what to do."""

import json
import re
import shlex
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ops.doctor.examination import CHECKS, SIGNS
from ops.doctor.finding import PUT_BACK, Mark
from ops.errors import RefusedError, UnreadableError
from shared.errors import StoreUnavailableError
from shared.outbox.states import Status
from shared.pacing.control_item import KEY
from simulation.stack import STACK
from simulation.world import World
from tests.drift import test_commands_in_docs as commands
from tests.unit.ops.doctor.answers import (
    DENIED,
    NOTHING,
    TEMPLATE,
    Answers,
    Question,
    alarm,
    backups,
    concurrency,
    destination,
    function,
    healthy,
    identity,
    mapping,
    parts,
    schedule,
)  # fmt: skip
from tests.unit.ops.office import Office, put

BACKUPS = ("dynamodb", "describe_continuous_backups")
CODE = ("lambda", "get_function_configuration")
DESTINATIONS = ("sesv2", "get_configuration_set_event_destinations")
IDENTITY = ("sesv2", "get_email_identity")
LETTERS = "ApproximateNumberOfMessages"
MAPPINGS = ("lambda", "list_event_source_mappings")
PROTECTION = ("dynamodb", "describe_table")
QUOTAS = ("service-quotas", "list_service_quotas")
RENDERING = ("sesv2", "test_render_email_template")
SCHEDULE = ("scheduler", "get_schedule")
QUOTA = {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 120.0}


def found(office: Office) -> list[dict[str, str]]:
    office.type("doctor", "--json")
    return list(json.loads(office.shown)["findings"])


def only(office: Office, mark: Mark) -> dict[str, str]:
    (finding,) = [one for one in found(office) if one["mark"] == mark]
    return finding


def test_a_healthy_stage(office: Office) -> None:
    assert office.type("doctor") == 0
    assert not {"!", "✗"} & {line.strip()[:1] for line in office.shown.splitlines()}
    assert "0 wrong, 0 to know" in office.shown
    assert "next 2026-12-01 05:00:00 UTC" in office.shown
    assert all(f"\n{group}\n" in office.shown for group in CHECKS)


def test_each_thing_that_is_in_order_is_named(office: Office) -> None:
    counted = Counter(one["group"] for one in found(office))
    assert counted == {
        "sender": 4, "account": 5, "deployment": 4, "tables": 2, "what moves messages": 5, "events of SES": 3, "alarms": 3,
        "what waits": 3,
    }  # fmt: skip


def test_it_asks_everything_once_and_changes_nothing(office: Office, world: World, aws: Answers) -> None:
    put(world, "ann", Status.SENT, template=TEMPLATE)
    before = (world.outbox_table.items(), world.control_table.items())
    office.type("doctor")
    assert set(aws.asked) == set(aws.questions())
    often = {IDENTITY, CODE, SCHEDULE, PROTECTION, BACKUPS}
    assert len([one for one in aws.asked if one not in often]) == len(set(aws.asked) - often)
    assert (world.outbox_table.items(), world.control_table.items()) == before
    assert not world.mails()


def about(service: str, operation: str, **changes: Any) -> Callable[[Answers], None]:
    return lambda aws: aws.change(service, operation, **changes)


def instead(question: Question, answer: Any) -> Callable[[Answers], None]:
    return lambda aws: aws.answer(*question, answer)


WRONG = {
    "nobody has verified the sender": (instead(IDENTITY, NOTHING), "neither usage@mail.example.com nor its domain is verified"),
    "an identity that is not verified": (instead(IDENTITY, identity(VerifiedForSendingStatus=False)), "nor its domain is"),
    "sending is paused": (about("sesv2", "get_account", SendingEnabled=False), "sending is paused"),
    "the account is shut down": (about("sesv2", "get_account", EnforcementStatus="SHUTDOWN"), "has shut down"),
    "there is no quota": (about("sesv2", "get_account", SendQuota={**QUOTA, "Max24HourSend": 0.0}), "and 0 in 24 hours"),
    "a function that can't run": (instead(CODE, function(State="Failed")), "producer is Failed"),
    "no stream": (about("lambda", "list_event_source_mappings", EventSourceMappings=[]), "no stream leads to claim"),
    "a stream that is off": (
        about("lambda", "list_event_source_mappings", EventSourceMappings=[mapping(State="Disabled")]),
        "the stream to claim is Disabled",
    ),
    "no state machine": (about("stepfunctions", "describe_state_machine", status="DELETING"), "the state machine is DELETING"),
    "loops are ended": (about("lambda", "get_function_recursion_config", RecursiveLoop="Terminate"), "month stays incomplete"),
    "a configuration set that is off": (
        about("sesv2", "get_configuration_set", SendingOptions={"SendingEnabled": False}), "sends nothing",
    ),
    "events that SES does not tell": (
        about(*DESTINATIONS, EventDestinations=[destination(MatchingEventTypes=["SEND", "BOUNCE"])]),
        "does not tell of COMPLAINT, DELIVERY, REJECT, RENDERING_FAILURE",
    ),
    "a destination that is off": (about(*DESTINATIONS, EventDestinations=[destination(Enabled=False)]), "SES does not tell of"),
    "a rule that is off": (about("events", "describe_rule", State="DISABLED"), "feedback-rule-1 to feedback is DISABLED"),
    "a rule that is gone": (instead(("events", "describe_rule"), NOTHING), "to feedback is gone"),
    "nobody listens": (about("sns", "get_topic_attributes", Attributes={"SubscriptionsConfirmed": "0"}), "has no subscription"),
    "nobody has confirmed": (
        about("sns", "get_topic_attributes", Attributes={"SubscriptionsConfirmed": "0", "SubscriptionsPending": "1"}),
        "is not confirmed",
    ),
    "an alarm is gone": (about("cloudwatch", "describe_alarms", MetricAlarms=[alarm("HeldAlarm")]), "are not there: PausedAlarm"),
    "an alarm tells nobody": (
        about("cloudwatch", "describe_alarms", MetricAlarms=[alarm("HeldAlarm", ActionsEnabled=False), alarm("PausedAlarm")]),
        "alarms tell nobody: HeldAlarm",
    ),
    "an alarm rings": (
        about("cloudwatch", "describe_alarms", MetricAlarms=[alarm("HeldAlarm"), alarm("PausedAlarm", StateValue="ALARM")]),
        "PausedAlarm rings: what PausedAlarm says",
    ),
    "dead letters": (
        about("sqs", "get_queue_attributes", Attributes={LETTERS: "3", f"{LETTERS}NotVisible": "1"}),
        "4 dead letters",
    ),
}  # fmt: skip
WARNINGS = {
    "verified by its domain alone": (
        instead(IDENTITY, lambda EmailIdentity: identity() if EmailIdentity == "example.com" else NOTHING),
        "is verified by its domain alone, example.com;",
    ),
    "not signed": (
        instead(IDENTITY, identity(DkimAttributes={"SigningEnabled": True, "Status": "PENDING"})), "DKIM is PENDING",
    ),
    "signing is off": (
        instead(IDENTITY, identity(DkimAttributes={"SigningEnabled": False, "Status": "SUCCESS"})), "mails are not signed",
    ),
    "a MAIL FROM domain without its records": (
        instead(IDENTITY, identity(MailFromAttributes={"MailFromDomain": "b.example.com", "MailFromDomainStatus": "FAILED",
                                                       "BehaviorOnMxFailure": "REJECT_MESSAGE"})),
        "the MAIL FROM domain b.example.com is FAILED",
    ),
    "SES looks at no DMARC record": (about("sesv2", "get_account", VdmAttributes={"VdmEnabled": "DISABLED"}), "a DMARC record"),
    "SES misses a DMARC record": (
        about("sesv2", "list_recommendations", Recommendations=[
            {"ResourceArn": "arn:aws:ses:eu-west-1:1:identity/example.com", "Type": "DMARC", "Description": "none found"},
            {"ResourceArn": "arn:aws:ses:eu-west-1:1:identity/other.com", "Type": "SPF", "Description": "SPF was not found"},
        ]),
        "SES recommends (DMARC): none found",
    ),
    "under review": (about("sesv2", "get_account", EnforcementStatus="PROBATION"), "under review"),
    "the sandbox": (about("sesv2", "get_account", ProductionAccessEnabled=False), "in SES's sandbox"),
    "a day that is nearly used up": (
        about("sesv2", "get_account", SendQuota={**QUOTA, "SentLast24Hours": 45_000.0}), "45,000 of them",
    ),
    "few functions at a time": (
        about("lambda", "get_account_settings", AccountLimit=concurrency(10)),
        "at SES's rate some 24 are wanted",
    ),
    "few starts a second": (
        about("service-quotas", "list_service_quotas", Quotas=[{"QuotaName": "StartExecution refill rate", "Value": 5.0}]),
        "starts 5 executions a second",
    ),
    "a quota that is not listed": (about("service-quotas", "list_service_quotas", Quotas=[]), "can't be read: starts"),
    "other code": (instead(CODE, function(CodeSha256="another")), "producer, claim, send, sweeper, feedback: the code is not"),
    "another template": (
        instead(("sesv2", "get_email_template"), {"TemplateName": TEMPLATE, "TemplateContent": {**parts(), "Html": "<p>"}}),
        "was edited in SES: html",
    ),
    "a table that is not protected": (
        instead(PROTECTION, lambda TableName: {"Table": {"DeletionProtectionEnabled": TableName != "outbox"}}),
        "the table outbox can be deleted by mistake",
    ),
    "a table that can't be restored": (
        instead(BACKUPS, lambda TableName: backups("ENABLED" if TableName != "control" else "DISABLED")),
        "the table control can't be restored",
    ),
    "a stream with a problem": (
        about(*MAPPINGS, EventSourceMappings=[mapping(LastProcessingResult="PROBLEM: Function call failed")]), "call failed",
    ),
}  # fmt: skip


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


@pytest.mark.parametrize(("logical", "mark", "said"), [
    ("monthly", Mark.WARNING, "the month's production is off"), ("sweeper", Mark.WRONG, "the sweeper's schedule is off"),
])  # fmt: skip
def test_a_schedule_that_is_off(office: Office, aws: Answers, logical: str, mark: Mark, said: str) -> None:
    def answer(Name: str) -> dict[str, Any]:  # as the API has it
        return schedule(Name, State="DISABLED" if Name.endswith(logical) else "ENABLED")

    aws.answer(*SCHEDULE, answer)
    assert said in only(office, mark)["says"]


def test_a_schedule_that_is_gone(office: Office, aws: Answers) -> None:
    aws.answer(*SCHEDULE, lambda Name: NOTHING if Name.endswith("monthly") else schedule(Name))
    assert only(office, Mark.WRONG)["says"] == "the month's production has no schedule"


@pytest.mark.parametrize(("status", "mark"), [
    ("CREATE_COMPLETE", None), ("UPDATE_ROLLBACK_COMPLETE", Mark.WARNING), ("UPDATE_IN_PROGRESS", Mark.WARNING),
    ("UPDATE_ROLLBACK_FAILED", Mark.WRONG), ("DELETE_FAILED", Mark.WRONG),
])  # fmt: skip
def test_the_stacks_status(office: Office, status: str, mark: Mark | None) -> None:
    office.session = replace(office.session, stage=replace(office.session.stage, status=status))
    assert [one["mark"] for one in found(office) if one["mark"] != Mark.OK] == ([mark] if mark else [])


def test_each_table_that_is_not_safe_is_named(office: Office, aws: Answers) -> None:
    aws.answer(*PROTECTION, {"Table": {}})
    aws.answer(*BACKUPS, {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "DISABLED"}})
    told = [one["says"] for one in found(office) if one["mark"] == Mark.WARNING]
    assert [any(name in one for name in ("outbox", "control")) for one in told] == [True] * 4


def test_executions_of_several_mails_need_fewer_starts(office: Office, aws: Answers) -> None:
    aws.change(*QUOTAS, Quotas=[{"QuotaName": "StartExecution throttle token refill rate per second", "Value": 5.0}])
    aws.answer(*CODE, function(Environment={"Variables": {"MAIL_KIND": "usage", "SEND_BATCH_SIZE": "auto"}}))
    assert office.type("doctor") == 0
    assert "✓ Step Functions starts 5 executions a second" in office.shown


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


def test_an_address_inherits_what_its_domain_has(office: Office, aws: Answers) -> None:
    bare = {"SigningEnabled": False, "Status": "NOT_STARTED"}
    aws.answer(*IDENTITY, lambda EmailIdentity: identity(DkimAttributes=bare) if "@" in EmailIdentity else identity())
    assert office.type("doctor") == 0
    assert "✓ mails are signed for your domain" in office.shown


def test_a_mail_from_domain_of_ones_own_is_not_needed(office: Office, aws: Answers) -> None:
    aws.answer(*IDENTITY, {name: value for name, value in identity().items() if name != "MailFromAttributes"})
    office.type("doctor")
    assert "✓ no MAIL FROM domain of your own" in office.shown


def test_a_day_without_limit(office: Office, aws: Answers) -> None:
    aws.change("sesv2", "get_account", SendQuota={**QUOTA, "Max24HourSend": -1.0})
    office.type("doctor")
    assert "✓ SES takes 14 mails a second and any number in 24 hours" in office.shown


def test_before_the_first_run_there_is_no_template(office: Office, aws: Answers) -> None:
    aws.answer("sesv2", "get_email_template", NOTHING)
    assert office.type("doctor") == 0
    assert f"✓ SES has no template {TEMPLATE} yet: the first run makes it" in office.shown


def test_a_template_that_messages_need_is_missing(office: Office, world: World, aws: Answers) -> None:
    put(world, "ann", Status.SENT, template=TEMPLATE)
    aws.answer("sesv2", "get_email_template", NOTHING)
    assert only(office, Mark.WRONG)["says"] == f"SES has no template {TEMPLATE}, and mails are made of it"


def test_a_kind_of_mail_that_this_checkout_does_not_have(office: Office, aws: Answers) -> None:
    aws.answer(*CODE, function(Environment={"Variables": {"MAIL_KIND": "welcome"}}))
    office.type("doctor")
    assert "mailKind is 'welcome', and mail/ has no such folder" in office.shown


def test_the_last_message_is_rendered(office: Office, world: World, aws: Answers) -> None:
    given: list[str] = []

    def answer(TemplateName: str, TemplateData: str) -> dict[str, Any]:  # as the API has it
        given.append(TemplateData)
        return {"RenderedTemplate": TemplateName}

    aws.answer(*RENDERING, answer)
    put(
        world,
        "old",
        Status.SENT,
        template=TEMPLATE,
        data={"month": "old"},
        history={"2026-09-01T00:00:00.000Z": "produce"},
    )
    put(
        world,
        "new",
        Status.SENT,
        template=TEMPLATE,
        data={"month": "<new>"},
        history={"2026-10-01T00:00:00.000Z": "produce"},
    )
    put(
        world,
        "other",
        Status.SENT,
        template="another",
        data={"month": "x"},
        history={"2026-10-02T00:00:00.000Z": "produce"},
    )
    put(
        world,
        "edited",
        Status.SENT,
        template=TEMPLATE,
        data={"month": 3},
        history={"2026-10-02T00:00:00.000Z": "produce"},
    )
    office.type("doctor")
    assert [json.loads(data) for data in given] == [{"month": "<new>", "html": {"month": "&lt;new&gt;"}}]
    assert "SES renders the template" in office.shown


def test_a_message_that_does_not_render(office: Office, world: World, aws: Answers) -> None:
    put(world, "ann", Status.SENT, template=TEMPLATE)
    aws.answer(*RENDERING, UnreadableError("Attribute 'period' is not present", "BadRequestException"))
    assert "can't render the last message: Attribute 'period'" in only(office, Mark.WRONG)["says"]


def test_no_address_is_shown(office: Office, world: World, aws: Answers) -> None:
    put(world, "ann", Status.FAILED, template=TEMPLATE)
    aws.answer(*RENDERING, DENIED)
    office.type("doctor")
    assert "ann@" not in office.shown


def test_a_month_that_stands_still_messages_that_are_held_a_pause(office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED)
    world.campaign().pause("wrong text")
    world.rows.clear()
    world.produce()
    assert office.type("doctor") == 1
    for said in (
        "the campaign is paused: wrong text",
        "the production of 2026-10 stands still: empty",
        "1 message held",
    ):
        assert f"✗ {said}" in office.shown


def test_a_campaign_that_backs_off_or_was_never_begun(office: Office, world: World) -> None:
    world.campaign().back_off("SES refuses")
    assert "the campaign waits until" in only(office, Mark.WARNING)["says"]
    world.now += timedelta(days=1)
    assert office.type("doctor") == 0
    assert "✓ the campaign runs" in office.shown
    world.control_table._items.clear()
    assert "the campaign has no record yet" in only(office, Mark.WARNING)["says"]


def test_a_campaign_without_a_quota(office: Office, world: World) -> None:
    world.control_table.put({**(world.control_table.get(KEY) or {}), "daily": 0})
    assert only(office, Mark.WRONG)["says"] == "the campaign stands still: its quota is 0"


@pytest.mark.parametrize("question", healthy(), ids=str)
def test_what_one_may_not_ask_is_a_finding(office: Office, world: World, aws: Answers, question: Question) -> None:
    put(world, "ann", Status.SENT, template=TEMPLATE)
    aws.answer(*question, DENIED)
    assert office.type("doctor", "--json") == 0
    told = [one for one in json.loads(office.shown)["findings"] if one["mark"] != Mark.OK]
    assert told
    assert all("can't be read" in one["says"] and "AccessDenied" in one["says"] for one in told)


def test_what_the_table_does_not_answer_is_a_finding(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> int:
        raise StoreUnavailableError("Query: AccessDenied")

    monkeypatch.setattr(world.outbox_table, "count", unavailable)
    assert "can't be read: held: Query: AccessDenied" in only(office, Mark.WARNING)["says"]


def test_a_stack_of_an_older_version(office: Office) -> None:
    outputs = {name: value for name, value in office.session.stage.outputs.items() if name != "ClaimFunctionName"}
    office.session = replace(office.session, stage=replace(office.session.stage, outputs=outputs))
    assert all(
        "the stack has no output ClaimFunctionName" in one["says"] for one in found(office) if one["mark"] != "ok"
    )


def test_without_a_zip_of_its_own(office: Office, package: Any) -> None:
    package.unlink()
    assert "the code can't be compared" in only(office, Mark.WARNING)["says"]


COMMAND = {"aws": commands.aws, "onlyonce": commands.onlyonce, "make": commands.make, "dig": commands.nothing}


@pytest.mark.parametrize("name", [*WRONG, *WARNINGS])
def test_the_commands_that_it_names_can_be_typed(office: Office, aws: Answers, name: str) -> None:
    change, _ = {**WRONG, **WARNINGS}[name]
    change(aws)
    for one in found(office):
        for line in re.findall(r"`([^`]+)`", one["do"]):
            first, *words = shlex.split(line)
            COMMAND[first](words)


def test_every_mark_has_its_sign() -> None:
    assert set(SIGNS) == set(Mark)


def test_the_command_is_refused_for_another_reason_as_any(office: Office) -> None:
    with pytest.raises(RefusedError):
        office.type("show", "nobody", "2026-10")
