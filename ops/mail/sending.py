"""test-send: one mail outside the outbox, marked as a test, that nothing counts (ADR 36 D5)."""

import re
from html import escape
from typing import Any

from ops.errors import RefusedError, UnclearError, UnreadableError
from ops.formatting import person
from ops.mail.of_message import Shown, mail_of
from ops.mail.rendering import Rendered
from ops.mail.samples import first_of
from ops.session import Session
from shared.errors import InvalidRowError, OnlyonceError, SendUncertainError
from shared.keys import Key
from shared.periods import Period
from shared.rendering.addresses import from_header, usable_email

SUBJECT = "[TEST] "
LINE = "This is a test, sent by hand. Its link to unsubscribe does not work."
COSTS = "It is one of the account's mails of the day, and its reputation counts it. The outbox and the stage's counts do not."
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


def send_test(session: Session, to: str, asked: Key | Period, *, agreed: bool) -> int:
    """The mail of a message, or the first of a month. 1 if nobody knows whether it went out. Raises RefusedError, with SES's
    reason where it has one.
    """
    address, (user_id, shown) = _usable(to), _chosen(session, asked)
    if shown.rendered is None:
        raise RefusedError(f"there is no mail of {person(user_id)} to send: {shown.why_not}")
    marked = marked_as_test(shown.rendered)
    session.say(
        f"{marked.subject}\nfrom {shown.sender} to {address}; {person(user_id) or 'nobody'}: {shown.source}\n{COSTS}"
    )
    if not agreed:
        session.agree("type yes to send it: ", "yes")
    return _sent(session, _request(shown, marked, address))


def marked_as_test(mail: Rendered) -> Rendered:
    """With a line before the text, and one at the head of the page."""
    text, html = f"{LINE}\n\n{mail.text}" if mail.text else "", ""
    if mail.html:
        body = _BODY.search(mail.html)
        place = body.end() if body else 0
        html = f"{mail.html[:place]}<p>{escape(LINE)}</p>{mail.html[place:]}"
    return Rendered(f"{SUBJECT}{mail.subject}", text, html)


def _usable(to: str) -> str:
    try:
        return usable_email(to)
    except InvalidRowError as error:
        raise UnclearError(f"--to: {error}") from error


def _chosen(session: Session, asked: Key | Period) -> tuple[str, Shown]:
    """Whose mail it is, and the mail."""
    if isinstance(asked, Key):
        return asked.user_id, mail_of(session, asked)
    try:
        return first_of(session, asked)
    except UnreadableError as error:
        raise RefusedError(f"there is no mail of {asked} to send: {error}") from error


def _request(shown: Shown, marked: Rendered, address: str) -> dict[str, Any]:
    """Without the stage's configuration set and tags: no event of it is the stage's."""
    parts = {"Text": marked.text, "Html": marked.html}
    body = {name: _utf8(part) for name, part in parts.items() if part}
    return {
        "FromEmailAddress": from_header(shown.sender),
        **({"ReplyToAddresses": [shown.reply_to]} if shown.reply_to else {}),
        "Destination": {"ToAddresses": [address]},
        "Content": {"Simple": {"Subject": _utf8(marked.subject), "Body": body}},
    }


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _sent(session: Session, request: dict[str, Any]) -> int:
    try:
        session.say(f"SES took it, as {session.send(request)}")
        return 0
    except SendUncertainError as error:
        session.say(f"✗ nobody knows whether it went out, and it is not asked for again: {error}")
        return 1
    except OnlyonceError as error:
        raise RefusedError(f"SES did not take it, and nothing was sent: {error}") from error
