"""The mails on disk: a page of all, and the text part of each for the terminal."""

from collections.abc import Sequence
from pathlib import Path

from local.preview.mails import Drawn, Mail
from ops.mail.of_message import Shown
from ops.mail.page import Sheet, page

_LISTED = 10


def write(folder: Path, mails: Sequence[Mail], found: Drawn, said: str) -> list[Path]:
    """Write all in place of the old ones, and return their paths, the page first."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.html"), *folder.glob("*.txt")):
        old.unlink()
    index = folder / "index.html"
    shown = page("Preview of the mail", list(map(_sheet, mails)), reveal=True, said=_summary(mails, found, said))
    index.write_text(shown, "utf-8")
    return [index, *(_write_text(folder / f"{number:02}.txt", mail) for number, mail in enumerate(mails, start=1))]


def _sheet(mail: Mail) -> Sheet:
    shown = Shown(mail.rendered, "what the embedded AWS's SES makes of their row", to=mail.draft.email)
    sizes = f"{len(mail.rendered.html.encode()):,} bytes of HTML, {len(mail.rendered.text.encode()):,} of text"
    return Sheet(mail.draft.user_id, shown, (*mail.why, sizes), mail.draft.data)


def _write_text(path: Path, mail: Mail) -> Path:
    path.write_text(mail.rendered.text, "utf-8")
    return path


def _summary(mails: Sequence[Mail], found: Drawn, said: str) -> list[str]:
    lines = [f"{len(mails)} of {len(found.drafts):,} mails. {said}."]
    if found.rejected:
        lines.append(f"{len(found.rejected):,} rows become no mail:")
    return [*lines, *(f"{user!r}: {why}" for user, why in found.rejected[:_LISTED])]
