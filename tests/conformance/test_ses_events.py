"""SES tells what becomes of a message by events on the default bus (source: SES developer guide)."""

import json
from typing import Any

import pytest

from tests.conformance.account import Account, eventually, fresh
from tests.conformance.ses_account import RECIPIENT, REGION, SENDER, EventLog, SesAccount, refusal

EVERY_TYPE = ("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE")


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account of its own."""
    return SesAccount(aws)


def told(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(detail-type, eventType) of each."""
    return [(event["detail-type"], event["detail"]["eventType"]) for event in events]


def test_an_accepted_message_is_sent_and_delivered(ses: SesAccount) -> None:
    """Email Sent and Email Delivered name the message, its destination and its tags, each tag with a list."""
    log = EventLog(ses, *EVERY_TYPE)
    message_id = ses.send(
        ConfigurationSetName=log.configuration_set, EmailTags=[{"Name": "period", "Value": "2026-10"}]
    )
    sent, delivered = log.first(2)
    assert told([sent, delivered]) == [("Email Sent", "Send"), ("Email Delivered", "Delivery")]
    for event in (sent, delivered):
        mail = event["detail"]["mail"]
        assert (event["source"], mail["messageId"], mail["destination"]) == (
            "aws.ses",
            message_id,
            [RECIPIENT],
        )
        assert (mail["source"], mail["sendingAccountId"]) == (SENDER, ses.id)
        assert mail["sourceArn"] == f"arn:aws:ses:{REGION}:{ses.id}:identity/example.com"
        assert mail["tags"]["period"] == ["2026-10"]
        assert mail["tags"]["ses:configuration-set"] == [log.configuration_set]
        assert mail["tags"]["ses:from-domain"] == ["example.com"]
    assert sent["detail"]["send"] == {}
    assert delivered["detail"]["delivery"]["recipients"] == [RECIPIENT]


def test_only_the_types_that_a_destination_matches_are_told(ses: SesAccount) -> None:
    """MatchingEventTypes filters: a destination for DELIVERY hears nothing of SEND."""
    log = EventLog(ses, "DELIVERY")
    ses.send(ConfigurationSetName=log.configuration_set)
    assert told(log.first(1)) == [("Email Delivered", "Delivery")]


@pytest.mark.parametrize(
    ("to", "types", "about"),
    [
        ("bounce+7@simulator.amazonses.com", ["Email Sent", "Email Bounced"], {"bounceSubType": "General"}),
        (
            "suppressionlist@simulator.amazonses.com",
            ["Email Sent", "Email Bounced"],
            {"bounceSubType": "Suppressed"},
        ),
        (
            "complaint@simulator.amazonses.com",
            ["Email Sent", "Email Delivered", "Email Complaint Received"],
            {"complaintFeedbackType": "abuse"},
        ),
        ("success@simulator.amazonses.com", ["Email Sent", "Email Delivered"], {}),
        ("ooto@simulator.amazonses.com", ["Email Sent", "Email Delivered"], {}),
    ],
)
def test_the_mailbox_simulator_answers(ses: SesAccount, to: str, types: list[str], about: dict[str, str]) -> None:
    """Each address of the simulator has its fate, also with +label (Using the mailbox simulator)."""
    log = EventLog(ses, *EVERY_TYPE)
    ses.send(to, ConfigurationSetName=log.configuration_set)
    events = log.first(len(types))
    assert [event["detail-type"] for event in events] == types
    detail = events[-1]["detail"]
    assert about.items() <= detail.get("bounce", detail.get("complaint", {})).items()


def test_a_bounce_names_the_recipient(ses: SesAccount) -> None:
    """A hard bounce is Permanent and lists who bounced."""
    log = EventLog(ses, "BOUNCE")
    ses.send("bounce@simulator.amazonses.com", ConfigurationSetName=log.configuration_set)
    (event,) = log.first(1)
    bounce = event["detail"]["bounce"]
    assert bounce["bounceType"] == "Permanent"
    assert [r["emailAddress"] for r in bounce["bouncedRecipients"]] == ["bounce@simulator.amazonses.com"]


def test_a_failed_rendering_is_told(ses: SesAccount) -> None:
    """Email Rendering Failed, with SES's text and the template's name, is all that comes of it."""
    log = EventLog(ses, *EVERY_TYPE)
    template = ses.template(Text="{{absent}}")
    message_id = ses.send_template(template, {}, ConfigurationSetName=log.configuration_set)
    (event,) = log.first(1)
    assert told([event]) == [("Email Rendering Failed", "Rendering Failure")]
    assert event["detail"]["mail"]["messageId"] == message_id
    assert event["detail"]["failure"] == {
        "errorMessage": "Attribute 'absent' is not present in the rendering data.",
        "templateName": template,
    }


def test_a_virus_is_rejected(ses: SesAccount) -> None:
    """SES accepts a message with the EICAR test file and rejects it as bad content."""
    log = EventLog(ses, "REJECT")
    body = {"Text": {"Data": "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"}}
    content = {"Simple": {"Subject": {"Data": "Usage"}, "Body": body}}
    ses.send(Content=content, ConfigurationSetName=log.configuration_set)
    (event,) = log.first(1)
    assert told([event]) == [("Email Rejected", "Reject")]
    assert event["detail"]["reject"] == {"reason": "Bad content"}


def test_v1_messages_are_told_too(ses: SesAccount) -> None:
    """A configuration set named in a v1 request publishes the same events."""
    log = EventLog(ses, "SEND")
    message_id = ses.v1.send_templated_email(
        Source=SENDER,
        Destination={"ToAddresses": [RECIPIENT]},
        Template=ses.template(Text="{{n}}"),
        TemplateData=json.dumps({"n": 1}),
        ConfigurationSetName=log.configuration_set,
        Tags=[{"Name": "period", "Value": "2026-10"}],
    )["MessageId"]
    (event,) = log.first(1)
    mail = event["detail"]["mail"]
    assert (mail["messageId"], mail["tags"]["period"]) == (message_id, ["2026-10"])


def test_only_the_default_bus_takes_events(ses: SesAccount) -> None:
    """ "Only the default bus is supported" (API reference, EventBridgeDestination)."""
    name = fresh("set")
    ses.v2.create_configuration_set(ConfigurationSetName=name)
    bus = f"arn:aws:events:{REGION}:{ses.id}:event-bus/another"
    destination = {
        "Enabled": True,
        "MatchingEventTypes": ["SEND"],
        "EventBridgeDestination": {"EventBusArn": bus},
    }
    refused = refusal(
        ses.v2.create_configuration_set_event_destination,
        ConfigurationSetName=name,
        EventDestinationName="bus",
        EventDestination=destination,
    )
    assert refused.code == "BadRequestException"


def test_a_stack_can_carry_events(ses: SesAccount) -> None:
    """The identity, configuration set and event destination of one stack work together."""
    name = fresh("stack")
    bus = {"Fn::Sub": "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"}
    destination = {
        "Name": "bus",
        "Enabled": True,
        "MatchingEventTypes": ["send", "renderingFailure"],
        "EventBridgeDestination": {"EventBusArn": bus},
    }
    body = {
        "Resources": {
            "Set": {"Type": "AWS::SES::ConfigurationSet", "Properties": {"Name": name}},
            "Identity": {"Type": "AWS::SES::EmailIdentity", "Properties": {"EmailIdentity": "example.net"}},
            "Events": {
                "Type": "AWS::SES::ConfigurationSetEventDestination",
                "Properties": {"ConfigurationSetName": {"Ref": "Set"}, "EventDestination": destination},
            },
        }
    }
    stacks = ses.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(body))
    done = {"CREATE_COMPLETE", "CREATE_FAILED", "ROLLBACK_COMPLETE"}
    status = eventually(lambda: {stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]} & done)
    assert status == {"CREATE_COMPLETE"}
    template = ses.template(Text="{{n.m}}")
    message_id = ses.send_template(
        template, {"n": {"m": 1}}, FromEmailAddress="a@example.net", ConfigurationSetName=name
    )
    assert ses.mail(message_id)["BodyText"] == "1"
