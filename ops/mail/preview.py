"""preview: a stage's mails on a page."""

import webbrowser
from pathlib import Path
from tempfile import mkdtemp

from ops.errors import RefusedError, UnreadableError
from ops.formatting import person, plain
from ops.mail.of_message import mail_of
from ops.mail.page import Sheet, page
from ops.mail.samples import samples
from ops.mail.stored_result import NoResultError
from ops.session import Session
from shared.keys import Key
from shared.periods import Period

SAMPLES = 3


def preview(session: Session, asked: Key | Period, *, opened: bool, reveal: bool) -> int:
    """One message's mail, or the first of a month. 1 if there is none to show. Raises RefusedError, OnlyonceError."""
    sheets = _first(session, asked) if isinstance(asked, Period) else [Sheet(asked.user_id, mail_of(session, asked))]
    for sheet in sheets:
        session.say(_said(sheet, reveal=reveal))
    title = f"{session.name}, {asked if isinstance(asked, Period) else asked.period}"
    path = _written(page(title, sheets, reveal=reveal))
    session.say(f"{path}\nIt holds what a recipient is told: delete it when it was seen")
    if opened:
        webbrowser.open(path.as_uri())
    return 0 if any(sheet.shown.rendered for sheet in sheets) else 1


def _first(session: Session, period: Period) -> list[Sheet]:
    try:
        found = [Sheet(user_id, shown) for user_id, shown in samples(session, period, SAMPLES)]
    except (NoResultError, UnreadableError) as error:
        raise RefusedError(f"there is no mail of {period} to show: {error}") from error
    if not found:
        raise RefusedError(f"no row of {period} can become a mail")
    return found


def _said(sheet: Sheet, *, reveal: bool) -> str:
    shown = sheet.shown
    parts = (shown.rendered.subject if shown.rendered else "", shown.source, shown.why_not)
    return f"{person(sheet.user_id)}: {'; '.join(plain(part, reveal=reveal) for part in parts if part)}"


def _written(shown: str) -> Path:
    """In a folder that nobody else may read."""
    path = Path(mkdtemp(prefix="onlyonce-preview-")) / "mails.html"
    path.write_text(shown, "utf-8")
    return path
