"""What SES says of a mail, as EventBridge delivers its detail (source: ses-event-types)."""

from typing import Any

from simulation.fakes.ses import Mail

DETAILS: dict[str, dict[str, Any]] = {
    "Bounce": {"bounce": {"bounceType": "Permanent", "bounceSubType": "General"}},
    "Suppressed": {"bounce": {"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"}},
    "Complaint": {"complaint": {"complaintSubType": None, "complaintFeedbackType": "abuse"}},
    "DeliveryDelay": {"deliveryDelay": {"delayType": "TransientCommunicationFailure"}},
    "Reject": {"reject": {"reason": "Bad content"}},
    "Rendering Failure": {"failure": {"errorMessage": "Attribute 'month' is not present in the rendering data."}},
}
"""Each kind's own part. "Suppressed" is the bounce that SES makes itself."""


def event_of(kind: str, mail: Mail) -> dict[str, Any]:
    """An event about a mail."""
    tags = {name: [value] for name, value in mail.tags.items()}
    about = {"messageId": mail.message_id, "tags": tags, "destination": [mail.recipient]}
    return {"eventType": event_type(kind), "mail": about, **DETAILS.get(kind, {})}


def event_type(kind: str) -> str:
    return "Bounce" if kind == "Suppressed" else kind
