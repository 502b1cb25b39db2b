"""A mail as SES renders it."""

import json
from typing import Any

import pytest

from ops.errors import UnreadableError
from ops.mail.rendering import LINK, Rendered, link_of_a_look, parsed, render
from tests.unit.ops.doctor.answers import NOTHING, Answers

ALTERNATIVE = """\
Message-ID: <1@email.amazonses.com>\r
Subject: {subject}\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary="b"\r
\r
--b\r
Content-Type: text/plain; charset=UTF-8\r
Content-Transfer-Encoding: {encoding}\r
\r
{text}\r
--b\r
Content-Type: text/html; charset=UTF-8\r
Content-Transfer-Encoding: {encoding}\r
\r
<p>{text}</p>\r
--b--\r
"""


@pytest.mark.parametrize("subject", ["Grüße, 世界", "=?UTF-8?Q?Gr=C3=BC=C3=9Fe=2C_?= =?UTF-8?B?5LiW55WM?="])
@pytest.mark.parametrize(("encoding", "text"), [("8bit", "für 5 €"), ("quoted-printable", "f=C3=BCr 5 =E2=82=AC")])
def test_parts_of_a_message(subject: str, encoding: str, text: str) -> None:
    """No page says which of these SES writes."""
    found = parsed(ALTERNATIVE.format(subject=subject, encoding=encoding, text=text))
    assert found.subject == "Grüße, 世界"
    assert (found.text.strip(), found.html.strip()) == ("für 5 €", "<p>für 5 €</p>")


def test_a_mail_of_one_part_or_none() -> None:
    assert parsed("Subject: hello\r\nContent-Type: text/html\r\n\r\n<p>hi</p>") == Rendered("hello", "", "<p>hi</p>")
    assert parsed("MIME-Version: 1.0\r\n\r\nhi") == Rendered("", "hi", "")


def test_the_data_is_what_send_would_give() -> None:
    aws = Answers()
    given: dict[str, Any] = {}

    def answer(**asked: str) -> dict[str, Any]:
        given.update(asked)
        return {"RenderedTemplate": "Subject: x\r\n\r\ny"}

    aws.answer("sesv2", "test_render_email_template", answer)
    assert render(aws, "the-template", {"name": "a & b"}) == Rendered("x", "y", "")
    assert given["TemplateName"] == "the-template"
    assert json.loads(given["TemplateData"]) == {
        "name": "a & b", "unsubscribe_url": LINK, "amazonSESUnsubscribeUrl": LINK,
        "html": {"name": "a &amp; b", "unsubscribe_url": LINK, "amazonSESUnsubscribeUrl": LINK},
    }  # fmt: skip


def test_no_look_has_a_link_that_works() -> None:
    assert link_of_a_look("none") == ""
    assert link_of_a_look("ses") == LINK
    assert link_of_a_look("https://a.example/u") == "https://a.example/u?token=only-a-look"
    assert link_of_a_look("https://a.example/u?lang=en") == "https://a.example/u?lang=en&token=only-a-look"


def test_ses_says_why_there_is_none() -> None:
    aws = Answers()
    aws.answer("sesv2", "test_render_email_template", NOTHING)
    with pytest.raises(UnreadableError, match="there is none"):
        render(aws, "the-template", {})
