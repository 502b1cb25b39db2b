"""Some of a month's messages as mails, rendered by SES and laid on a page in a folder of its own."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp

from ops.mail.of_message import Shown
from ops.mail.page import Sheet, page
from ops.mail.rendering import render
from ops.preflight.tally import Drawn
from ops.questions import Ask
from shared.periods import Period
from shared.store import Item

SOURCE = "what would be sent, made of a row of the query's result"


def laid_out(ask: Ask, drawn: Iterable[Drawn], period: Period, link: str, *, reveal: bool) -> Path:
    """The page. Addresses are masked, but for what a mail itself says. Raises UnreadableError with SES's reason."""
    sheets = [_sheet(ask, one, link) for one in drawn]
    place = Path(mkdtemp(prefix="onlyonce-preflight-")) / "mails.html"
    place.write_text(page(f"Mails of {period}, before they go out", sheets, reveal=reveal), "utf-8")
    return place


def _sheet(ask: Ask, drawn: Drawn, link: str) -> Sheet:
    message: Item = drawn.message
    rendered = render(ask, message["template"], message["data"], link)
    shown = Shown(rendered, SOURCE, "", message["email"], message["sender"], message.get("reply_to", ""))
    return Sheet(message["user_id"], shown, [drawn.why], message["data"])
