"""Every mail that SES accepted and rendered, kept for tests and for people.

GET /_ministack/ses/messages answers, as MiniStack's does, {"messages": {account: [mail, ...]}}, oldest first,
and takes `account`; besides, `to` (part of a recipient), `limit` and `offset` page through it, and "total"
counts what matches before paging; "Became" is what became of a mail (fates.LABELS), "ListManagement" its contact
list and topic. Stock MiniStack answers everything at once, on the event loop, without tags; and shows mail that a
template could not have produced.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from ministack import app
from ministack.core.concurrency import run_offloop
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ses

from local.engine.mending import replace
from local.engine.mends.ses import fates, journal
from local.engine.mends.ses.mail import Content, Mail, Template

_keeping = threading.Lock()
_SHOWN = ("MessageId", "Source", "To", "CC", "BCC", "Subject", "BodyText", "BodyHtml", "Timestamp", "Type")
_ADDED = ("Tags", "Headers", "Template", "ConfigurationSetName", "Undelivered", "ListManagement")


def keep(message_id: str, mail: Mail, content: Content, undelivered: list[str]) -> None:
    """Put the mail into the inbox; `undelivered` are the recipients who bounced or were suppressed."""
    record = {
        "MessageId": message_id,
        "Source": mail.source,
        "To": mail.to,
        "CC": mail.cc,
        "BCC": mail.bcc,
        "Subject": content.subject,
        "BodyText": content.text,
        "BodyHtml": content.html,
        "Timestamp": time.time(),
        "Type": mail.operation,
        "Tags": dict(mail.tags),
        "Headers": dict(mail.shown_headers),
        "ConfigurationSetName": mail.configuration_set,
        "Template": mail.content.name if isinstance(mail.content, Template) else "",
        "Undelivered": undelivered,
        "ListManagement": [mail.managed_by.list_name, mail.managed_by.topic] if mail.managed_by else [],
    }
    journal.append(get_account_id(), get_region(), record)
    with _keeping:  # the first mail of an account makes its list
        ses._sent_emails_list().append(record)
    if ses._parse_smtp_host():
        mime = ses._build_mime_message(
            mail.source, mail.to, mail.cc, mail.bcc, content.subject, content.text, content.html, message_id
        )
        ses._smtp_relay(mail.source, mail.recipients, mime)


def newest(limit: int, to: str = "", became: str = "") -> list[dict[str, Any]]:
    """The last mails of all accounts, newest first: to recipients whose address has `to` in it, or with a tag of that value, in
    the state `became`.
    """
    matching = [
        record
        for _, record in _all()
        if (_is_to(record, to) or to in (record.get("Tags") or {}).values())
        and (not became or became in fates.labels(record["MessageId"]))
    ]
    return sorted(matching, key=lambda record: float(record["Timestamp"]), reverse=True)[:limit]


class Located(NamedTuple):
    """A mail, and the account and region that sent it."""

    account: str
    region: str
    mail: dict[str, Any]


def located(message_id: str) -> Located | None:
    """The mail with that id."""
    for (account, region, *_), records in ses._sent_emails.to_dict().items():
        for record in list(records):
            if record["MessageId"] == message_id:
                return Located(account, region, record)
    return None


def counts() -> Counter[str]:
    """How many mails are in each state; and under "" how many there are."""
    found: Counter[str] = Counter()
    for _, record in _all():
        found.update(["", *fates.labels(record["MessageId"])])
    return found


def mend() -> None:
    """Answer GET /_ministack/ses/messages, and start with the mails that were accepted before."""
    replace(app, "_handle_ses_messages_request", _messages)
    for account, region, record in journal.entries():
        with request_scope(account, region):
            ses._sent_emails_list().append(record)
    fates.load()

    def reset() -> None:
        stock_reset()
        journal.clear()
        fates.clear()

    stock_reset = replace(ses, "reset", reset)


async def _messages(method: str, path: str, _headers: Any, query: dict[str, list[str]]) -> Any:
    if method != "GET" or path != "/_ministack/ses/messages":
        return None
    wanted = {name: values[0] for name, values in query.items()}
    try:
        body = await run_offloop(_listing, wanted)
    except ValueError:
        return (
            400,
            {"Content-Type": "application/json"},
            b'{"message": "limit and offset are whole numbers from 0."}',
        )
    return 200, {"Content-Type": "application/json"}, body


def _listing(wanted: dict[str, str]) -> bytes:
    offset, limit = int(wanted.get("offset", "0")), int(wanted.get("limit", "-1"))
    if offset < 0 or limit < -1:
        raise ValueError
    matching = [
        (account, record)
        for account, record in _all()
        if wanted.get("account", account) == account and _is_to(record, wanted.get("to", ""))
    ]
    messages: dict[str, list[dict[str, Any]]] = {}
    for account, record in matching[offset : None if limit == -1 else offset + limit]:
        shown = {name: record.get(name, "") for name in _SHOWN} | {
            name: record[name] for name in _ADDED if name in record
        }
        shown["Became"] = fates.labels(record["MessageId"])
        messages.setdefault(account, []).append(shown)
    return json.dumps({"messages": messages, "total": len(matching)}).encode()


def _all() -> Iterator[tuple[str, dict[str, Any]]]:
    """(account, mail) of every account and region, each list in the order of acceptance."""
    for (account, *_), records in ses._sent_emails.to_dict().items():
        for record in list(records):
            yield account, record


def _is_to(record: dict[str, Any], part: str) -> bool:
    return any(part.lower() in address.lower() for name in ("To", "CC", "BCC") for address in record.get(name) or [])
