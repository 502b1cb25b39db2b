"""Mails as their recipients see them, on one page that needs nothing else: wide and narrow, and as text; light or dark, as the
reader's browser is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops.formatting import masked
from ops.mail.of_message import Shown
from ops.pages.environment import environment

TEMPLATES = Path(__file__).parent / "templates"
WIDE, NARROW = 640, 360
"""Pixels: a window of a mail program, and a phone."""
SHUT = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
"""In a mail's head: nothing is loaded from elsewhere, so nobody is told that it was looked at."""
_HEAD, _DOCTYPE = (re.compile(rf"<{tag}\b[^>]*>", re.IGNORECASE) for tag in ("head", "!doctype"))


@dataclass(frozen=True)
class Sheet:
    """One user's mail, or why there is none, with what else is to be said of it."""

    user_id: str
    shown: Shown
    notes: Sequence[str] = ()
    """Why it is among those that are shown."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the template was given."""

    def headers(self, *, reveal: bool) -> dict[str, str]:
        """As the recipient's mail program names them. The sender is no secret."""
        shown = self.shown
        to = shown.to if reveal else masked(shown.to)
        found = {"From": shown.sender, "To": to, "Reply-To": shown.reply_to}
        subject = shown.rendered.subject if shown.rendered else ""
        return {name: value for name, value in {**found, "Subject": subject}.items() if value}

    def row(self, *, reveal: bool) -> dict[str, str]:
        """The row of a user without a message."""
        cells = {name: "NULL" if value is None else value for name, value in (self.shown.row or {}).items()}
        return {name: masked(cell) if name == "email" and not reveal else cell for name, cell in cells.items()}


def page(title: str, sheets: Sequence[Sheet], *, reveal: bool, said: Sequence[str] = ()) -> str:
    """`said`: lines about all of them. Without `reveal` addresses are masked, but for what a mail itself says."""
    template = environment(TEMPLATES).get_template("page.html")
    return template.render(
        title=title, sheets=sheets, reveal=reveal, said=said, framed=framed, wide=WIDE, narrow=NARROW
    )


def framed(html: str) -> str:
    """The HTML part for the `srcdoc` of an iframe with an empty `sandbox`: no script runs in it and nothing is loaded."""
    found = _HEAD.search(html) or _DOCTYPE.search(html)
    place = found.end() if found else 0
    return html[:place] + SHUT + html[place:]
