"""The page of mails: what it masks, and that a mail can do nothing in it."""

import re
from html import unescape

import pytest

from ops.mail.of_message import Shown
from ops.mail.page import SHUT, Sheet, framed, page
from ops.mail.rendering import Rendered

HTML = (
    '<!doctype html><html><head lang="en"><title>x</title></head><body>"quoted" <script>steal()</script></body></html>'
)
SHOWN = Shown(
    Rendered("Usage <1>", "the text & more", HTML), "what was sent, from the message itself", "",
    "ann.b@example.com", "Usage <usage@example.com>", "help@example.com",
)  # fmt: skip


def test_a_mail_wide_and_narrow_and_its_text() -> None:
    shown = page("Mails", [Sheet("ann", SHOWN)], reveal=False)
    frames = re.findall(r'<iframe sandbox srcdoc="([^"]*)" [^>]*style="width: (\d+)px"', shown)
    assert [width for _, width in frames] == ["640", "360"]
    assert {unescape(html) for html, _ in frames} == {framed(HTML)}
    assert "<pre>the text &amp; more</pre>" in shown
    assert "Usage &lt;1&gt;" in shown
    assert "<script>" not in shown


def test_nothing_is_loaded_from_elsewhere() -> None:
    """By the page's policy, which its frames inherit, and by that of each frame, for a page that has none."""
    shown = page("Mails", [Sheet("ann", SHOWN)], reveal=False)
    assert re.search(r"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';", shown)
    assert not re.search(r"<(link(?! rel=\"icon\" href=\"data:,\")|script|img)\b", shown)


@pytest.mark.parametrize(
    ("html", "policy_after"),
    [
        (HTML, '<head lang="en">'),
        ("<!DOCTYPE html><header>x</header>", "<!DOCTYPE html>"),
        ("<p>x</p>", ""),
    ],
)
def test_the_policy_of_a_frame(html: str, policy_after: str) -> None:
    """After the doctype: before it, it would turn a browser back into one of 1999."""
    before, _, after = framed(html).partition(SHUT)
    assert before.endswith(policy_after)
    assert before + after == html


def test_an_address_is_masked_unless_it_is_asked_for() -> None:
    row = {"user_id": "bob", "email": "bob.c@example.com", "note": None}
    sheets = [Sheet("ann", SHOWN), Sheet("bob", Shown(None, "", "no message: their row is rejected", row=row))]
    masked = page("Mails", sheets, reveal=False)
    assert "a***@example.com" in masked
    assert "b***@example.com" in masked
    assert "ann.b" not in masked
    assert "bob.c" not in masked
    revealed = page("Mails", sheets, reveal=True)
    assert "ann.b@example.com" in revealed
    assert "bob.c@example.com" in revealed
    assert "NULL" in revealed


def test_what_there_is_not_is_not_there() -> None:
    text_only = Shown(Rendered("s", "t", ""), "what will be sent, from the message itself")
    assert "has no HTML part" in page("Mails", [Sheet("ann", text_only)], reveal=False)
    assert "has no text part" in page("Mails", [Sheet("ann", Shown(Rendered("s", "", HTML), ""))], reveal=False)
    nothing = page("Mails", [Sheet("ann", Shown(None, "", "gone <b>"))], reveal=False)
    assert "gone &lt;b&gt;" in nothing
    assert "Text part" not in nothing
