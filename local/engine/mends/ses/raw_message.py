"""A message that the sender composed as MIME: SendEmail's Raw content and SendRawEmail."""

import base64
import binascii
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses

from local.engine.mends.ses.headers import of_raw
from local.engine.mends.ses.mail import V2_MESSAGE_BYTES, Content, Mail
from local.engine.mends.ses.refusals import Reason, RefusedError


def parsed(
    operation: str,
    data: str,
    source: str,
    destinations: list[str],
    configuration_set: str,
    tags: list[tuple[str, str]],
    most_bytes: int = V2_MESSAGE_BYTES,
) -> Mail:
    """The mail in `data` (base64); the request's sender and destinations win. Raises RefusedError."""
    try:
        message = message_from_bytes(base64.b64decode(data, validate=True), EmailMessage, policy=policy.default)
    except binascii.Error:
        raise RefusedError(Reason.INVALID, "The raw message is not base64.") from None
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    if len(data) > most_bytes:
        raise RefusedError(Reason.INVALID, f"Message length is more than {most_bytes} bytes long: '{len(data)}'.")
    return Mail(
        operation=operation,
        source=source or next(iter(_addresses(message, "From")), ""),
        content=Content(
            message.get("Subject", ""), text.get_content() if text else "", html.get_content() if html else ""
        ),
        to=destinations or _addresses(message, "To"),
        cc=[] if destinations else _addresses(message, "Cc"),
        bcc=[] if destinations else _addresses(message, "Bcc"),
        configuration_set=configuration_set or message.get("X-SES-CONFIGURATION-SET", ""),
        tags=tags,
        headers=of_raw(message),
        most_bytes=most_bytes,
    )


def _addresses(message: EmailMessage, header: str) -> list[str]:
    return [address for _, address in getaddresses(map(str, message.get_all(header, []))) if address]
