"""The events by which SES tells what became of a message, as EventBridge delivers them.

Sources: SES developer guide, "Contents of event data that Amazon SES publishes" (the objects under `detail`,
eventType) and "Monitoring SES events using Amazon EventBridge"; EventBridge events reference, "Amazon SES"
(source, detail-types; default bus only). Stock MiniStack stores event destinations and never publishes to
them.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ministack.core.responses import get_account_id, get_region, get_request_client_ip
from ministack.services import eventbridge, ses, ses_v2

from local.engine.mending import replace
from local.engine.mends.ses import addresses
from local.engine.mends.ses.mail import Mail
from local.engine.mends.ses.refusals import Reason, RefusedError

_TRIED_FOR = timedelta(hours=14)
"""How long SES tries; AWS names no figure."""
_REPORTING_MTA = "a8-50.smtp-out.amazonses.com"
OWN_MTA = "amazonses.com"
"""Of what SES itself did not send."""


@dataclass(frozen=True)
class Bounce:
    """Why a mail bounced, as SES's events have it."""

    sub_type: str
    diagnostic: str
    kind: str = "Permanent"
    status: str = "5.1.1"
    by: str = _REPORTING_MTA


@dataclass(frozen=True)
class Kind:
    """One type of event: its name in MatchingEventTypes, detail-type, eventType, and its object's key and times."""

    matching: str
    detail_type: str
    event_type: str
    key: str
    times: tuple[str, ...] = ()


SEND = Kind("SEND", "Email Sent", "Send", "send")
DELIVERY = Kind("DELIVERY", "Email Delivered", "Delivery", "delivery", ("timestamp",))
BOUNCE = Kind("BOUNCE", "Email Bounced", "Bounce", "bounce", ("timestamp",))
DELIVERY_DELAY = Kind("DELIVERY_DELAY", "Email Delivery Delayed", "DeliveryDelay", "deliveryDelay", ("timestamp",))
COMPLAINT = Kind("COMPLAINT", "Email Complaint Received", "Complaint", "complaint", ("timestamp", "arrivalDate"))
REJECT = Kind("REJECT", "Email Rejected", "Reject", "reject")
SUBSCRIPTION = Kind("SUBSCRIPTION", "Email Subscribed", "Subscription", "subscription", ("timestamp",))
RENDERING_FAILURE = Kind("RENDERING_FAILURE", "Email Rendering Failed", "Rendering Failure", "failure")


def now() -> str:
    """The time as SES's events have it: ISO 8601 UTC with milliseconds."""
    return iso(datetime.now(UTC))


def iso(at: datetime) -> str:
    """Any time in that form."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def mail_object(message_id: str, mail: Mail, subject: str) -> dict[str, Any]:
    """`detail.mail`: the same in every event of one message. A tag's value is a list."""
    headers = {"From": mail.source, "To": ", ".join(mail.to), "Cc": ", ".join(mail.cc), "Subject": subject}
    own = {
        "ses:configuration-set": mail.configuration_set,
        "ses:source-ip": get_request_client_ip() or "127.0.0.1",
        "ses:from-domain": addresses.domain(mail.source),
        "ses:caller-identity": "root",
    }
    return {
        "timestamp": now(),
        "source": mail.source,
        "sourceArn": f"arn:aws:ses:{get_region()}:{get_account_id()}:identity/{_identity(mail.source)}",
        "sendingAccountId": get_account_id(),
        "messageId": message_id,
        "destination": mail.recipients,
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in (*headers.items(), *mail.shown_headers) if value],
        "commonHeaders": {"from": [mail.source], "to": mail.to, "messageId": message_id, "subject": subject},
        "tags": {name: [value] for name, value in (*own.items(), *mail.tags)},
    }


def delivered(recipients: list[str]) -> dict[str, Any]:
    """The object of a Delivery event."""
    return {
        "processingTimeMillis": 120,
        "recipients": recipients,
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": _REPORTING_MTA,
    }


def bounced(recipients: list[str], bounce: Bounce) -> dict[str, Any]:
    """The object of a Bounce event."""
    why = {"action": "failed", "status": bounce.status, "diagnosticCode": bounce.diagnostic}
    return {
        "bounceType": bounce.kind,
        "bounceSubType": bounce.sub_type,
        "bouncedRecipients": [{"emailAddress": recipient, **why} for recipient in recipients],
        "feedbackId": str(uuid.uuid4()),
        "reportingMTA": f"dns; {bounce.by}",
    }


def delayed(recipients: list[str]) -> dict[str, Any]:
    """The object of a DeliveryDelay event."""
    why = {"status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host"}
    return {
        "delayType": "TransientCommunicationFailure",
        "expirationTime": iso(datetime.now(UTC) + _TRIED_FOR),
        "delayedRecipients": [{"emailAddress": recipient, **why} for recipient in recipients],
        "reportingMTA": _REPORTING_MTA,
    }


def complained(recipients: list[str]) -> dict[str, Any]:
    """The object of a Complaint event."""
    return {
        "complainedRecipients": [{"emailAddress": r} for r in recipients],
        "feedbackId": str(uuid.uuid4()),
        "complaintSubType": None,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
    }


def complained_before(recipients: list[str]) -> dict[str, Any]:
    """That of a mail that was not sent, because its recipients are on the suppression list for a complaint."""
    return {
        "complainedRecipients": [{"emailAddress": r} for r in recipients],
        "feedbackId": str(uuid.uuid4()),
        "complaintSubType": "OnAccountSuppressionList",
    }


def publish(kind: Kind, mail: dict[str, Any], about: dict[str, Any]) -> None:
    """Put the event on the default bus, its times now, once for each enabled destination of the set that wants its type."""
    (name,) = mail["tags"]["ses:configuration-set"]
    destinations = (ses_v2._config_sets.get(name) or {}).get("EventDestinations") or {}
    detail = {"eventType": kind.event_type, "mail": mail, kind.key: {**about, **dict.fromkeys(kind.times, now())}}
    for destination in list(destinations.values()):
        wanted = destination["Enabled"] and kind.matching in destination["MatchingEventTypes"]
        if wanted and "EventBridgeDestination" in destination:
            entry = {
                "Source": "aws.ses",
                "DetailType": kind.detail_type,
                "Detail": json.dumps(detail),
                "Resources": [ses_v2._resource_arn("configuration-set", name)],
            }
            eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def mend() -> None:
    """Refuse an event destination on any other bus (SES API reference v2, EventBridgeDestination)."""

    def on_default_bus(definition: dict[str, Any]) -> Any:
        bus = (definition.get("EventBridgeDestination") or {}).get("EventBusArn", "event-bus/default")
        if not bus.endswith("event-bus/default"):
            raise RefusedError(Reason.INVALID, f"Only the default event bus is supported, not {bus}.")
        return stock_destination(definition)

    stock_destination = replace(ses_v2, "_event_destination", on_default_bus)


def _identity(source: str) -> str:
    """The verified identity that covers the sender: the address itself, else the nearest domain."""
    address, domain = addresses.bare(source), addresses.domain(source)
    known = {*ses._identities.keys(), *ses_v2._identities.keys()}
    return next((name for name in (address, *ses._domain_and_parents(domain)) if name in known), domain)
