"""SES renders its templates as Handlebars, and fails on what is missing (source: SES developer guide)."""

import json

import pytest

from tests.conformance.account import Account, fresh
from tests.conformance.ses_account import RECIPIENT, SENDER, SesAccount, refusal


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account of its own."""
    return SesAccount(aws)


@pytest.mark.parametrize(
    ("source", "data", "text"),
    [
        ("{{contact.firstName}}", {"contact": {"firstName": "Anaya"}}, "Anaya"),
        (
            "{{#each rows}}{{@index}}={{this}} {{../unit}};{{/each}}",
            {"rows": [3, 4], "unit": "GB"},
            "0=3 GB;1=4 GB;",
        ),
        ("{{#if paid}}thanks{{else}}please pay{{/if}}", {"paid": False}, "please pay"),
        (
            "{{#with plan}}{{name}}{{/with}}{{#unless late}} on time{{/unless}}",
            {"plan": {"name": "Pro"}},
            "Pro on time",
        ),
        ("{{! a comment }}x", {}, "x"),
        (
            '{{#* inline "row"}}[{{n}}]{{/inline}}{{#each rows}}{{> row}}{{/each}}',
            {"rows": [{"n": 1}, {"n": 2}]},
            "[1][2]",
        ),
    ],
)
def test_a_template_is_handlebars(ses: SesAccount, source: str, data: object, text: str) -> None:
    """Nested attributes, each, if, with, unless, comments and inline partials (Advanced personalization)."""
    message_id = ses.send_template(ses.template(Text=source), data)
    assert ses.mail(message_id)["BodyText"] == text


def test_html_in_the_data_is_not_escaped(ses: SesAccount) -> None:
    """ "SES doesn't escape HTML content when rendering the HTML template": {{x}} is the same as {{{x}}}."""
    message_id = ses.send_template(ses.template(Html="{{x}} {{{x}}}"), {"x": "<b>&'</b>"})
    assert ses.mail(message_id)["BodyHtml"] == "<b>&'</b> <b>&'</b>"


def test_a_missing_attribute_is_no_error_of_send_email(ses: SesAccount) -> None:
    """SendEmail answers with a message id, and no mail is sent."""
    template = ses.template(Text="{{present}}{{absent}}")
    assert ses.send_template(template, {"present": 1})
    assert ses.inbox() == []


def test_asking_for_a_missing_attribute_is_no_failure(ses: SesAccount) -> None:
    """#if, #unless and #each take a missing attribute for an empty one (Handlebars, built-in helpers)."""
    template = ses.template(Text="{{#if a}}a{{/if}}{{#unless b}}no b{{/unless}}{{#each c}}c{{/each}}")
    assert ses.mail(ses.send_template(template, {}))["BodyText"] == "no b"


@pytest.mark.parametrize("data", ["{name: 1}", "[]", '"text"', '{"n": NaN}'])
def test_template_data_must_be_a_json_object(ses: SesAccount, data: str) -> None:
    """Template data that cannot be read is the sender's mistake: BadRequestException."""
    refused = refusal(ses.send_template, ses.template(Text="{{n}}"), data)
    assert (refused.status, refused.code) == (400, "BadRequestException")


def test_a_test_rendering_is_the_mime_message(ses: SesAccount) -> None:
    """TestRenderEmailTemplate answers the complete MIME message, rendered (botocore model)."""
    template = ses.template("Usage of {{month}}", Text="Dear {{name}}", Html="<p>{{name}}</p>")
    answer = ses.v2.test_render_email_template(
        TemplateName=template, TemplateData=json.dumps({"month": "October", "name": "Zoë"})
    )
    for part in ("Subject: Usage of October", "Dear Zoë", "<p>Zoë</p>", "multipart/alternative"):
        assert part in answer["RenderedTemplate"]


def test_a_test_rendering_names_the_missing_attribute(ses: SesAccount) -> None:
    """TestRenderEmailTemplate fails with BadRequestException and SES's text for a missing attribute."""
    template, data = ses.template(Text="{{plan.name}}"), json.dumps({"plan": {}})
    refused = refusal(ses.v2.test_render_email_template, TemplateName=template, TemplateData=data)
    missing = "Attribute 'plan.name' is not present in the rendering data."
    assert (refused.code, refused.message) == ("BadRequestException", missing)


@pytest.mark.parametrize("source", ["{{#if a}}", "{{a", "{{> nowhere}}"])
def test_a_template_that_cannot_be_rendered_is_not_stored(ses: SesAccount, source: str) -> None:
    """Creating it is refused; an unknown partial is the API reference's own example (InvalidTemplate)."""
    name = fresh("template")
    content = {"Subject": "s", "Text": source}
    refused = refusal(ses.v2.create_email_template, TemplateName=name, TemplateContent=content)
    assert refused.code == "BadRequestException"
    template = {"TemplateName": name, "SubjectPart": "s", "TextPart": source}
    assert refusal(ses.v1.create_template, Template=template).code == "InvalidTemplate"


def test_a_name_is_taken_until_its_template_is_deleted(ses: SesAccount) -> None:
    """Until then a second one is refused, of the very same content too, and the first stays (botocore model)."""
    name = ses.template("first", Text="text")
    render = {"TemplateName": name, "TemplateData": "{}"}
    for subject in ("second", "first"):
        content = {"Subject": subject, "Text": "text"}
        refused = refusal(ses.v2.create_email_template, TemplateName=name, TemplateContent=content)
        assert (refused.status, refused.code) == (400, "AlreadyExistsException")
    assert "Subject: first" in ses.v2.test_render_email_template(**render)["RenderedTemplate"]
    ses.v2.delete_email_template(TemplateName=name)
    assert refusal(ses.v2.get_email_template, TemplateName=name).code == "NotFoundException"
    assert refusal(ses.v2.test_render_email_template, **render).code == "NotFoundException"
    ses.v2.create_email_template(TemplateName=name, TemplateContent={"Subject": "second", "Text": "text"})
    assert "Subject: second" in ses.v2.test_render_email_template(**render)["RenderedTemplate"]


def test_every_operation_renders_alike(ses: SesAccount) -> None:
    """SendBulkEmail, SendTemplatedEmail and SendBulkTemplatedEmail use the same templates and language."""
    template = ses.template(Text="{{#each xs}}<{{this}}>{{/each}}")
    data = json.dumps({"xs": [1, 2]})
    destination = {"ToAddresses": [RECIPIENT]}
    ses.v2.send_bulk_email(
        FromEmailAddress=SENDER,
        DefaultContent={"Template": {"TemplateName": template, "TemplateData": "{}"}},
        BulkEmailEntries=[
            {
                "Destination": destination,
                "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
            }
        ],
    )
    ses.v1.send_templated_email(Source=SENDER, Destination=destination, Template=template, TemplateData=data)
    ses.v1.send_bulk_templated_email(
        Source=SENDER,
        Template=template,
        DefaultTemplateData=data,
        Destinations=[{"Destination": destination}],
    )
    assert [mail["BodyText"] for mail in ses.inbox()] == ["<1><2>"] * 3


def test_a_template_may_come_with_the_request(ses: SesAccount) -> None:
    """Rendered like a stored one, both parts; what it lacks is told by no error of SendEmail (botocore model)."""
    inline = {"Subject": "{{month}}", "Text": "{{#each rows}}{{n}};{{/each}}", "Html": "<p>{{{name}}} {{name}}</p>"}
    data = {"month": "October", "rows": [{"n": 1}, {"n": 2}], "name": "<Zoë>"}
    content = {"Template": {"TemplateContent": inline, "TemplateData": json.dumps(data)}}
    mail = ses.mail(ses.send(Content=content))
    shown = (mail["Subject"], mail["BodyText"], mail["BodyHtml"])
    assert shown == ("October", "1;2;", "<p><Zoë> <Zoë></p>")
    content["Template"]["TemplateData"] = "{}"
    assert ses.send(Content=content)
    assert len(ses.inbox()) == 1
