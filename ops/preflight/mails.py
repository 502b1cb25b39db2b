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
from shared.producing.composer import Composer

SOURCE = "what would be sent, made of a row of the query's result"


def laid_out(ask: Ask, composer: Composer, drawn: Iterable[Drawn], period: Period, link: str, *, reveal: bool) -> Path:
    """The page. Addresses are masked, but for what a mail itself says. Raises UnreadableError with SES's reason."""
    sheets = [_sheet(ask, composer, one, link) for one in drawn]
    place = Path(mkdtemp(prefix="onlyonce-preflight-")) / "mails.html"
    place.write_text(page(f"Mails of {period}, before they go out", sheets, reveal=reveal), "utf-8")
    return place


def _sheet(ask: Ask, composer: Composer, drawn: Drawn, link: str) -> Sheet:
    draft = drawn.draft
    rendered = render(ask, composer.template.name, draft.data, link)
    shown = Shown(rendered, SOURCE, "", draft.email, composer.sender, composer.reply_to)
    return Sheet(draft.key.user_id, shown, [drawn.why], draft.data)
