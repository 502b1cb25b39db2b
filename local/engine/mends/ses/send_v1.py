"""SendEmail, SendTemplatedEmail, SendBulkTemplatedEmail and SendRawEmail of SES v1, on the one path of
`sending`.

They share the account's quotas, templates, events and inbox with v2; only requests and answers differ
(source: botocore model ses 2010-12-01). Stock MiniStack's v1 knows no quota and publishes no events for a
configuration set. MiniStack calls them on its event loop, which a rendering therefore holds for a moment.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

from ministack.services import ses

from local.engine.mending import replace
from local.engine.mends.ses import sending, sending_account, templates
from local.engine.mends.ses.mail import V1_MESSAGE_BYTES, Content, Mail, Template
from local.engine.mends.ses.raw_message import parsed
from local.engine.mends.ses.refusals import RefusedError

Params = dict[str, Any]


def mend() -> None:
    """Replace the four operations."""
    replace(ses, "_send_email", _operation("SendEmail", _plain))
    replace(ses, "_send_templated_email", _operation("SendTemplatedEmail", _templated))
    replace(ses, "_send_raw_email", _operation("SendRawEmail", _raw))
    replace(ses, "_send_bulk_templated_email", _send_bulk)


def _operation(name: str, mail: Callable[[Params], Mail]) -> Callable[[Params], Any]:
    def answer(params: Params) -> Any:
        try:
            with sending_account.current().counting_refusals():
                message = mail(params)
            message_id = sending.accept(message)
        except RefusedError as refusal:
            return refusal.v1_response()
        return ses._xml(200, f"{name}Response", f"<{name}Result><MessageId>{message_id}</MessageId></{name}Result>")

    return answer


def _plain(params: Params) -> Mail:
    content = Content(
        ses._p(params, "Message.Subject.Data"),
        ses._p(params, "Message.Body.Text.Data"),
        ses._p(params, "Message.Body.Html.Data"),
    )
    return _mail(params, "SendEmail", content)


def _templated(params: Params) -> Mail:
    name = ses._p(params, "Template")
    template = Template(name, templates.stored(name), ses._p(params, "TemplateData") or "{}")
    return _mail(params, "SendTemplatedEmail", template)


def _raw(params: Params) -> Mail:
    return parsed(
        "SendRawEmail",
        ses._p(params, "RawMessage.Data"),
        ses._p(params, "Source"),
        ses._collect_list(params, "Destinations.member"),
        ses._p(params, "ConfigurationSetName"),
        _tags(params, "Tags"),
        V1_MESSAGE_BYTES,
    )


def _send_bulk(params: Params) -> Any:
    account = sending_account.current()
    try:
        with account.counting_refusals():
            name = ses._p(params, "Template")
            parts = templates.stored(name)
            account.check_may_send()
            sending.check_configuration_set(ses._p(params, "ConfigurationSetName"))
    except RefusedError as refusal:
        return refusal.v1_response()
    statuses = []
    for member in _members(params, "Destinations", "Destination.ToAddresses.member.1"):
        data = ses._p(params, f"{member}.ReplacementTemplateData") or ses._p(params, "DefaultTemplateData") or "{}"
        tags = [*_tags(params, "DefaultTags"), *_tags(params, f"{member}.ReplacementTags")]
        mail = _mail(params, "SendBulkTemplatedEmail", Template(name, parts, data), f"{member}.Destination", tags)
        try:
            statuses.append(f"<member><Status>Success</Status><MessageId>{sending.accept(mail)}</MessageId></member>")
        except RefusedError as refusal:
            statuses.append(refusal.v1_bulk_entry())
    result = f"<SendBulkTemplatedEmailResult><Status>{''.join(statuses)}</Status></SendBulkTemplatedEmailResult>"
    return ses._xml(200, "SendBulkTemplatedEmailResponse", result)


def _mail(
    params: Params,
    operation: str,
    content: Content | Template,
    destination: str = "Destination",
    tags: list[tuple[str, str]] | None = None,
) -> Mail:
    to, cc, bcc = (
        ses._collect_list(params, f"{destination}.{kind}.member")
        for kind in ("ToAddresses", "CcAddresses", "BccAddresses")
    )
    return Mail(
        operation=operation,
        source=ses._p(params, "Source"),
        content=content,
        to=to,
        cc=cc,
        bcc=bcc,
        configuration_set=ses._p(params, "ConfigurationSetName"),
        tags=_tags(params, "Tags") if tags is None else tags,
        most_bytes=V1_MESSAGE_BYTES,
    )


def _tags(params: Params, prefix: str) -> list[tuple[str, str]]:
    return [
        (ses._p(params, f"{member}.Name"), ses._p(params, f"{member}.Value"))
        for member in _members(params, prefix, "Name")
    ]


def _members(params: Params, prefix: str, required: str) -> list[str]:
    """The prefixes of a Query list's members: Tags.member.1, Tags.member.2, ..."""
    members = []
    for number in count(1):
        if f"{prefix}.member.{number}.{required}" not in params:
            break
        members.append(f"{prefix}.member.{number}")
    return members
