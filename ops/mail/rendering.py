"""A mail rendered by SES itself, from its stored template, without being sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, message_from_string, policy
from email.message import EmailMessage

from ops.questions import Ask
from shared.rendering.handlebars import rendering_data
from shared.rendering.unsubscribing import NONE, SES, variables

LINK = "https://example.com/unsubscribe"
"""In the place of the link to a page that is not known here."""
NO_TOKEN = "token=only-a-look"
"""In the place of a token: who looks at the mail must not be able to unsubscribe its recipient."""


@dataclass(frozen=True)
class Rendered:
    """What the recipient reads; "": the mail has no such part."""

    subject: str
    text: str
    html: str


def render(ask: Ask, template: str, data: Mapping[str, str], link: str = LINK) -> Rendered:
    """The mail that `send` would ask for with this data, except for its link. May be asked for once a second (source:
    ses-one-a-second). Raises UnreadableError, with SES's reason where it can't render it or has no such template.
    """
    given = json.dumps(rendering_data({**data, **variables(link)}), ensure_ascii=False)
    answer = ask("sesv2", "test_render_email_template", TemplateName=template, TemplateData=given)
    return parsed(answer["RenderedTemplate"])


def link_of_a_look(unsubscribe: str) -> str:
    """What stands where the recipient's own link would. `unsubscribe`: the setting of the stage."""
    if unsubscribe in (SES, NONE):
        return LINK if unsubscribe == SES else ""
    return f"{unsubscribe}{'&' if '?' in unsubscribe else '?'}{NO_TOKEN}"


def parsed(mime: str) -> Rendered:
    """The parts of a MIME message. The subject is read from the text: outside ASCII it may stand there as it is
    (source: ses-test-render).
    """
    subject = message_from_string(mime, EmailMessage, policy=policy.default)["Subject"]
    message = message_from_bytes(mime.encode(), EmailMessage, policy=policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Rendered(str(subject or ""), text.get_content() if text else "", html.get_content() if html else "")
