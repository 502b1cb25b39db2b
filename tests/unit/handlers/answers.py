"""Answers of SES, as the SDK raises them, and two more users."""

from botocore.exceptions import EndpointConnectionError

from shared.keys import Key
from simulation.fakes.ses import refused

BOB, EVE = Key("bob", "2026-10"), Key("eve", "2026-10")
THROTTLED = refused("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
DAY_SPENT = refused("TooManyRequestsException", "Daily message quota exceeded.", 429)
PAUSED = refused("SendingPausedException", "Email sending is disabled.", 400)
REJECTED = refused("MessageRejected", "Message contains a virus.", 400)
SKEWED = refused("InvalidSignatureException", "Signature expired: 20261101T055000Z is now earlier than …", 403)
UNREACHED = EndpointConnectionError(endpoint_url="https://email.test")
