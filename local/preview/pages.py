"""The mails on disk: a list, and for each mail a page, its HTML part and its text part."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from local.engine import mail_page
from local.preview.mails import Drawn, Mail

_LISTED = 10


def write(folder: Path, mails: Sequence[Mail], found: Drawn, said: str) -> list[Path]:
    """Write all pages in place of the old ones, and return their paths, the list first."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.html"), *folder.glob("*.txt")):
        old.unlink()
    index = folder / "index.html"
    rows = [
        mail_page.Row(f"{number:02}.html", mail.subject, (mail.draft.user_id, mail.draft.email), "", _notes(mail))
        for number, mail in enumerate(mails, start=1)
    ]
    heads = ("", "User", "Subject", "Why it is shown")
    index.write_text(mail_page.listing("Preview of the mail", heads, _summary(mails, found, said), rows), "utf-8")
    return [index, *(path for number, mail in enumerate(mails, 1) for path in _write_mail(folder, number, mail))]


def _write_mail(folder: Path, number: int, mail: Mail) -> list[Path]:
    page, html, text = (folder / f"{number:02}{ending}" for ending in (".html", ".part.html", ".txt"))
    html.write_text(mail.html, "utf-8")
    text.write_text(mail.text, "utf-8")
    facts = [("User", mail.draft.user_id), ("To", mail.draft.email), ("Subject", mail.subject)]
    facts.append(("Size", f"{len(mail.html.encode()):,} bytes of HTML, {len(mail.text.encode()):,} of text"))
    one = mail_page.Page(
        subject=mail.subject,
        text=mail.text,
        html=html.name,
        facts=facts,
        variables=sorted(mail.draft.data.items()),
        notes=_notes(mail),
        back="index.html",
    )
    page.write_text(mail_page.one(one), "utf-8")
    return [page, text]


def _notes(mail: Mail) -> list[tuple[str, str]]:
    return [(reason, "plain") for reason in mail.why]


def _summary(mails: Sequence[Mail], found: Drawn, said: str) -> str:
    summary = f"{len(mails)} of {len(found.drafts):,} mails. {escape(said)}."
    rejected = "".join(f"<br>{escape(f'{user!r}: {why}')}" for user, why in found.rejected[:_LISTED])
    return f"{summary}<br>{len(found.rejected):,} rows become no mail:{rejected}" if found.rejected else summary
