"""Templates: rendered as Handlebars, tested for real, and refused when they are not Handlebars.

- A template is Handlebars: nested attributes, each, if, else, inline partials and the other built-in helpers.
  HTML in the data is NOT escaped: "SES doesn't escape HTML content when rendering the HTML template for a
  message ... you will need to escape it on the client side" (SES developer guide, "Advanced email
  personalization"). That {{x}} and {{{x}}} are the same in the subject and the text part too is an
  assumption: the guide speaks of the HTML part only.
- An attribute that is not in the data fails the rendering: "Attribute 'x' is not present in the rendering
  data." (the guide's Rendering Failure example). An attribute that is only asked about by #if, #unless or
  #each does not.
- TestRenderEmailTemplate answers the MIME message, or BadRequestException (botocore model sesv2; in v1 the
  code is MissingRenderingAttribute). Template data that is no JSON object is BadRequestException (v1:
  InvalidRenderingParameter).
- A template "that could not be rendered", as when it "refers to a partial that does not exist", is not stored
  (SES API reference v1, InvalidTemplate; in v2 the model leaves only BadRequestException). At most 500 KB
  (the guide).

Stock MiniStack replaces {{name}} textually, mails what it did not find literally, takes every template, and
answers TestRenderEmailTemplate with "Unknown SES v2 path".
"""

import json
from email import policy
from email.message import EmailMessage
from typing import Any

from ministack.services import ses, ses_v2

from local.engine.mending import replace
from local.engine.mends.ses import routes
from local.engine.mends.ses.handlebars import RenderingError, renderer
from local.engine.mends.ses.mail import Content, Template, new_message_id
from local.engine.mends.ses.refusals import Reason, RefusedError

MOST_BYTES = 500 * 1024
MOST_DATA_CHARACTERS = 262_144  # botocore model sesv2, EmailTemplateData


def parsed_data(text: str) -> dict[str, Any]:
    """The template data, or RefusedError if the text is no JSON object."""
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except ValueError:
        data = None
    if not isinstance(data, dict) or len(text) > MOST_DATA_CHARACTERS:
        raise RefusedError(Reason.INVALID, "Template data must be a JSON object of at most 262144 characters.")
    return data


def rendered(template: Template, attributes: dict[str, str] | None = None) -> Content:
    """What the recipient reads, of the template's data and what SES itself gives. Raises RenderingError."""
    parts = renderer.render(template.parts, {**(attributes or {}), **parsed_data(template.data)})
    return Content(parts["SubjectPart"], parts["TextPart"], parts["HtmlPart"])


def stored(name: str) -> dict[str, str]:
    """The parts of a stored template, by v1's names for them. Raises RefusedError."""
    template = ses._templates.get(name)
    if template is None:
        raise RefusedError(Reason.NO_TEMPLATE, f"Template {name} does not exist")
    return {part: template.get(part) or "" for part in ("SubjectPart", "TextPart", "HtmlPart")}


def check(parts: dict[str, str]) -> None:
    """Raise RefusedError for parts that AWS does not store as a template."""
    if sum(len(part.encode()) for part in parts.values()) > MOST_BYTES:
        raise RefusedError(Reason.BAD_TEMPLATE, f"A template can be at most {MOST_BYTES} bytes.")
    try:
        renderer.validate(parts)
    except RenderingError as error:
        raise RefusedError(Reason.BAD_TEMPLATE, f"The template is not valid: {error}") from None


def mend() -> None:
    """Add TestRenderEmailTemplate, and check what the create and update operations of both APIs store."""
    routes.add_v2("POST", "/templates/([^/]+)/render", _test_render)

    def checked_parts(content: dict[str, Any]) -> Any:
        parts = stock_parts(content)
        check(parts)
        return parts

    stock_parts = replace(ses_v2, "_template_parts", checked_parts)
    for name in ("_create_template", "_update_template"):
        _check_before(name)


def _check_before(operation: str) -> None:
    """Make the v1 operation check the template that it is to store."""

    def checked(params: Any) -> Any:
        parts = {part: ses._p(params, f"Template.{part}") for part in ("SubjectPart", "TextPart", "HtmlPart")}
        try:
            check(parts)
        except RefusedError as refusal:
            return refusal.v1_response()
        return stock(params)

    stock = replace(ses, operation, checked)


def _test_render(request: routes.Request) -> routes.Response:
    template = Template(request.groups[0], stored(request.groups[0]), request.body.get("TemplateData") or "")
    try:
        content = rendered(template)
    except RenderingError as error:
        raise RefusedError(Reason.INVALID, str(error)) from None
    return routes.json_response({"RenderedTemplate": _mime(content)})


def _mime(content: Content) -> str:
    """The message as MIME, its parts as readable as AWS's."""
    message = EmailMessage(policy.SMTP.clone(utf8=True, cte_type="8bit"))
    message["Message-ID"] = f"<{new_message_id()}@email.amazonses.com>"
    message["Subject"] = " ".join(content.subject.splitlines())
    if content.text:
        message.set_content(content.text, cte="8bit")
    if content.html:
        add = message.add_alternative if content.text else message.set_content
        add(content.html, subtype="html", cte="8bit")
    return message.as_bytes().decode()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
