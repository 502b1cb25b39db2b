"""SendEmail and SendBulkEmail of SES v2, on the one path of `sending`.

Sources: botocore model sesv2; SES API reference v2. A bulk request is refused as a whole for what concerns
all of its entries (template, configuration set, sender, a pause), and entry by entry for the rest
(BulkEmailStatus). Stock MiniStack checks no address, tag, configuration set or recipient count, and no quota.
"""

from dataclasses import replace
from typing import Any

from ministack.services import ses, ses_v2

from local.engine.mends.ses import headers, routes, sending, sending_account, templates
from local.engine.mends.ses.mail import MOST_RECIPIENTS, Content, ListManagement, Mail, Template
from local.engine.mends.ses.raw_message import parsed
from local.engine.mends.ses.refusals import Reason, RefusedError


def mend() -> None:
    """Answer both operations."""
    routes.add_v2("POST", "/outbound-emails", _send_email, lambda: sending_account.current().answer_after_s)
    routes.add_v2("POST", "/outbound-bulk-emails", _send_bulk_email)


def _send_email(request: routes.Request) -> routes.Response:
    with sending_account.current().counting_refusals():
        mail = _mail(request.body)
    return routes.json_response({"MessageId": sending.accept(mail)})


def _mail(body: dict[str, Any]) -> Mail:
    kinds = {kind: value for kind, value in (body.get("Content") or {}).items() if value}
    if len(kinds) != 1:
        raise RefusedError(Reason.INVALID, "Content must have exactly one of Simple, Raw and Template.")
    ((kind, value),) = kinds.items()
    destination = body.get("Destination") or {}
    if kind == "Raw":
        raw = parsed(
            "v2.SendEmail",
            value.get("Data") or "",
            body.get("FromEmailAddress") or "",
            _recipients(destination),
            body.get("ConfigurationSetName") or "",
            _pairs(body.get("EmailTags")),
        )
        return replace(raw, managed_by=_list_management(body))
    return Mail(
        operation="v2.SendEmail",
        source=body.get("FromEmailAddress") or "",
        content=_template(value) if kind == "Template" else _simple(value),
        to=destination.get("ToAddresses") or [],
        cc=destination.get("CcAddresses") or [],
        bcc=destination.get("BccAddresses") or [],
        reply_to=body.get("ReplyToAddresses") or [],
        configuration_set=body.get("ConfigurationSetName") or "",
        tags=_pairs(body.get("EmailTags")),
        headers=headers.own(value.get("Headers")),
        managed_by=_list_management(body),
    )


def _list_management(body: dict[str, Any]) -> ListManagement | None:
    options = body.get("ListManagementOptions")
    return ListManagement(options.get("ContactListName") or "", options.get("TopicName") or "") if options else None


def _send_bulk_email(request: routes.Request) -> routes.Response:
    body, entries = request.body, request.body.get("BulkEmailEntries") or []
    account = sending_account.current()
    with account.counting_refusals():
        if not 1 <= len(entries) <= MOST_RECIPIENTS:
            raise RefusedError(Reason.INVALID, f"BulkEmailEntries must have from 1 to {MOST_RECIPIENTS} entries.")
        default = (body.get("DefaultContent") or {}).get("Template") or {}
        template, common = _template(default), headers.own(default.get("Headers"))
        account.check_may_send()
        sending.check_configuration_set(body.get("ConfigurationSetName") or "")
        if unverified := ses._message_rejection(body.get("FromEmailAddress")):
            raise RefusedError(Reason.REJECTED, unverified)
    return routes.json_response(
        {"BulkEmailEntryResults": [_send_entry(body, entry, template, common) for entry in entries]}
    )


def _send_entry(
    body: dict[str, Any], entry: dict[str, Any], template: Template, common: headers.Headers
) -> dict[str, str]:
    try:
        return {"Status": "SUCCESS", "MessageId": sending.accept(_entry_mail(body, entry, template, common))}
    except RefusedError as refusal:
        return refusal.v2_bulk_entry()


def _entry_mail(body: dict[str, Any], entry: dict[str, Any], template: Template, common: headers.Headers) -> Mail:
    destination = entry.get("Destination") or {}
    replacement = (entry.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
    return Mail(
        operation="v2.SendBulkEmail",
        source=body.get("FromEmailAddress") or "",
        content=Template(template.name, template.parts, replacement.get("ReplacementTemplateData") or template.data),
        to=destination.get("ToAddresses") or [],
        cc=destination.get("CcAddresses") or [],
        bcc=destination.get("BccAddresses") or [],
        reply_to=body.get("ReplyToAddresses") or [],
        configuration_set=body.get("ConfigurationSetName") or "",
        tags=[*_pairs(body.get("DefaultEmailTags")), *_pairs(entry.get("ReplacementTags"))],
        headers=headers.overridden(common, headers.own(entry.get("ReplacementHeaders"))),
    )


def _template(value: dict[str, Any]) -> Template:
    """By name, by ARN, or as it came with the request. Raises RefusedError."""
    data = value.get("TemplateData") or "{}"
    name = value.get("TemplateName") or ses_v2._template_name_from_arn(value.get("TemplateArn") or "")
    if name:
        return Template(name, templates.stored(name), data)
    if not isinstance(value.get("TemplateContent"), dict):
        raise RefusedError(Reason.INVALID, "A template must have a TemplateName, a TemplateArn or a TemplateContent.")
    return Template("", ses_v2._template_parts(value["TemplateContent"]), data)


def _simple(value: dict[str, Any]) -> Content:
    body = value.get("Body") or {}
    subject, text, html = (
        (part or {}).get("Data") or "" for part in (value.get("Subject"), body.get("Text"), body.get("Html"))
    )
    return Content(subject, text, html)


def _recipients(destination: dict[str, Any]) -> list[str]:
    return [a for kind in ("ToAddresses", "CcAddresses", "BccAddresses") for a in destination.get(kind) or []]


def _pairs(items: Any) -> list[tuple[str, str]]:
    return [(str(item.get("Name", "")), str(item.get("Value", ""))) for item in items or []]
