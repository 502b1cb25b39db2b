"""What a person sees in the browser: the inbox and one mail, with what became of it."""

from collections import Counter
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

from local.engine import mail_page
from local.engine.mends.ses import fates

INBOX = "/_onlyonce/mail"
_KINDS = {
    "delivered": "good",
    "complained": "bad",
    "bounced": "bad",
    "suppressed": "bad",
    "rejected": "bad",
    "unsubscribed": "mind",
}
_SEARCH = """<form><input name="q" value="{q}" placeholder="Part of an address, or a tag" aria-label="Recipient">
<select name="became" aria-label="What became of it"><option value="">whatever became of it</option>{options}</select>
<button>Filter</button></form>"""


def index(mails: list[dict[str, Any]], counts: Counter[str], q: str, became: str) -> str:
    """The newest mails as a list; `q` and `became` are the filters that found them, `counts` is of the whole inbox."""
    summary = f"The newest {len(mails)} of {counts['']} mails"
    summary += f" to recipients with “{escape(q)}”" if q else ""
    summary += f", {escape(became)}" if became else ""
    found = [label for label in fates.LABELS if counts[label]]
    links = (f'<a href="{INBOX}?{escape(urlencode({"became": one}))}">{counts[one]} {one}</a>' for one in found)
    options = "".join(f"<option{' selected' if one == became else ''}>{one}</option>" for one in fates.LABELS)
    search = _SEARCH.format(q=escape(q), options=options)
    title, heads = "Inbox of the embedded SES", ("Accepted (UTC)", "To", "Subject", "What became of it")
    return mail_page.listing(title, heads, ". ".join([summary, " · ".join(links)]), map(_row, mails), search)


def mail(record: dict[str, Any]) -> str:
    """One mail: its parts, headers, tags and events."""
    html_part = f"{INBOX}/{record['MessageId']}/html"
    told = fates.of(record["MessageId"])
    events = [(_instant(one.at), one.event, _words(one)) for one in told] or [
        ("", "no event yet", "SES has accepted the mail")
    ]
    return mail_page.one(
        mail_page.Page(
            subject=_subject(record),
            text=record.get("BodyText") or "",
            html=html_part if _html(record) else "",
            facts=[(name, value) for name, value in _facts(record) if value],
            tags=sorted((record.get("Tags") or {}).items()),
            events=events,
            notes=_notes(record),
            back=INBOX,
        )
    )


def html_part(record: dict[str, Any]) -> str:
    """The mail's HTML part as it is, or its text part as a page."""
    return _html(record) or f'<!doctype html><meta charset="utf-8"><pre>{escape(record.get("BodyText") or "")}</pre>'


def _row(record: dict[str, Any]) -> mail_page.Row:
    link = f"{INBOX}/{record['MessageId']}"
    return mail_page.Row(link, _subject(record), record["To"], _at(record), _notes(record))


def _notes(record: dict[str, Any]) -> list[tuple[str, str]]:
    """What became of it; and that nobody was told, where the events were dropped."""
    message_id = record["MessageId"]
    untold = [("event dropped", "mind")] if fates.dropped(message_id) else []
    return [(label, _KINDS.get(label, "plain")) for label in fates.labels(message_id)] + untold


def _facts(record: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("From", record["Source"]),
        *((name, ", ".join(record.get(key) or [])) for name, key in (("To", "To"), ("Cc", "CC"), ("Bcc", "BCC"))),
        ("Subject", _subject(record)),
        *sorted((record.get("Headers") or {}).items()),
        ("Accepted", f"{_at(record)} UTC"),
        ("Message id", record["MessageId"]),
        ("Configuration set", record.get("ConfigurationSetName") or ""),
        ("Template", record.get("Template") or ""),
        ("Contact list", " / ".join(part for part in record.get("ListManagement") or [] if part)),
    ]


def _instant(at: str) -> str:
    return at.replace("T", " ").replace("Z", " UTC")


def _words(told: fates.Told) -> str:
    said = [
        ", ".join(told.recipients),
        told.words,
        "(dropped by order: its sender was not told)" if told.dropped else "",
    ]
    return " — ".join(part for part in said if part)


def _subject(record: dict[str, Any]) -> str:
    return str(record.get("Subject") or record.get("RenderedSubject") or "")


def _html(record: dict[str, Any]) -> str:
    return str(record.get("BodyHtml") or record.get("RenderedBodyHtml") or "")


def _at(record: dict[str, Any]) -> str:
    return datetime.fromtimestamp(record["Timestamp"], UTC).strftime("%Y-%m-%d %H:%M:%S")
