"""Mails in the browser: a list, and one mail. Everything that came with a mail is escaped; its HTML stands in a sandbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent / "mail_pages"
_STYLE = (_FOLDER / "style.css").read_text()
_LIST, _MAIL, _FRAME = (Template((_FOLDER / f"{name}.html").read_text()) for name in ("list", "mail", "frame"))


@dataclass(frozen=True)
class Row:
    """One mail of a list. `to` says whose it is, each part for itself; `notes` are words about it, each with its CSS class."""

    link: str
    subject: str
    to: Sequence[str]
    at: str
    notes: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """One mail: `html` is the address of its HTML part, "" if there is none."""

    subject: str
    text: str
    html: str
    facts: Sequence[tuple[str, str]]
    tags: Sequence[tuple[str, str]] = ()
    events: Sequence[Sequence[str]] = ()
    """When, which, and what it says."""
    notes: Sequence[tuple[str, str]] = ()
    back: str = ""


def listing(title: str, heads: Sequence[str], summary: str, rows: Iterable[Row], search: str = "") -> str:
    """The list as a page; `heads` are those of a row's time, recipient, subject and notes. `summary` and `search` are HTML."""
    lines = "\n".join(map(_row, rows)) or '<tr><td colspan="4" class="none">No mail.</td></tr>'
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    return _LIST.substitute(style=_STYLE, title=escape(title), summary=summary, search=search, heads=head, rows=lines)


def one(page: Page) -> str:
    """The mail as a page."""
    shown = _FRAME.substitute(address=escape(page.html))
    return _MAIL.substitute(
        style=_STYLE,
        subject=escape(page.subject or "(no subject)"),
        back=escape(page.back),
        notes=_notes(page.notes),
        html=shown if page.html else '<p class="none">The mail has no HTML part.</p>',
        text=f"<pre>{escape(page.text)}</pre>" if page.text else '<p class="none">The mail has no text part.</p>',
        facts=_pairs(page.facts),
        tags=_section("Tags", _pairs(page.tags)) if page.tags else "",
        events=_section("What became of it", _events(page.events)) if page.events else "",
    )


def _row(row: Row) -> str:
    to = " · ".join(f"<bdi>{escape(part)}</bdi>" for part in row.to)  # it may hold characters that turn the line around
    return (
        f'<tr><td class="at">{escape(row.at)}</td><td class="to">{to}</td>'
        f'<td class="subject"><a href="{escape(row.link)}">{escape(row.subject or "(no subject)")}</a></td>'
        f'<td class="notes">{_notes(row.notes)}</td></tr>'
    )


def _notes(notes: Sequence[tuple[str, str]]) -> str:
    return " ".join(f'<span class="note {escape(kind)}">{escape(words)}</span>' for words, kind in notes)


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs) + "</dl>"


def _section(head: str, content: str) -> str:
    return f"<section><h2>{head}</h2>{content}</section>"


def _events(events: Sequence[Sequence[str]]) -> str:
    items = (
        f"<li><b>{escape(event)}</b> <time>{escape(at)}</time> {escape(words)}</li>" for at, event, words in events
    )
    return f"<ol>{''.join(items)}</ol>"
