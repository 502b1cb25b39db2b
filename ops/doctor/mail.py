"""Is the mail's template there, as this checkout has it, and does it render?"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from mail import files_of
from ops.doctor.deployed import Deployed
from ops.doctor.finding import Finding, ok, warning, wrong
from ops.errors import UnreadableError
from ops.snapshot import history
from shared.errors import UnknownMailKindError
from shared.rendering.handlebars import rendering_data, required_variables
from shared.rendering.mail_kind import MailTemplate
from shared.rendering.unsubscribing import variables
from shared.store import Item

_LOOKED_AT = 100
"""Messages, at most, among which the last one is looked for."""


def template(deployed: Deployed) -> Iterator[Finding]:
    """It is in SES, with the parts that its name stands for (ADR 25)."""
    ours = _template(deployed)
    try:
        content = deployed.ask("sesv2", "get_email_template", TemplateName=ours.name)["TemplateContent"]
    except UnreadableError as error:
        if not error.missing:
            raise
        if _messages(deployed, ours.name):
            yield wrong(
                f"SES has no template {ours.name}, and mails are made of it",
                "`onlyonce produce PERIOD --again` makes it; then `onlyonce resume`",
            )
        else:
            yield ok(f"SES has no template {ours.name} yet: the first run makes it")
        return
    differing = [part for part in ("subject", "text", "html") if not _same(ours, part, content)]
    if differing:
        yield warning(
            f"the template {ours.name} was edited in SES: {', '.join(differing)}. Mails that wait are made of it",
            f"once nothing waits, `aws sesv2 delete-email-template --template-name {ours.name}`: the next run makes it anew",
        )
    else:
        yield ok(f"the template {ours.name} is as this checkout has it")


def rendering(deployed: Deployed) -> Iterator[Finding]:
    """SES renders it with the data of the last message that still has it (source: ses-one-a-second)."""
    template = _template(deployed)
    name, messages = template.name, _messages(deployed, template.name)
    if not messages:
        yield ok("the template was not tried: there is no message yet that is made of it")
        return
    item = _last(messages)
    stand_ins = dict.fromkeys(required_variables(template.parts), "–")
    shown = {**(item["data"] if item else stand_ins), **variables("https://example.com/unsubscribe")}
    data = json.dumps(rendering_data(shown), ensure_ascii=False)
    try:
        deployed.ask("sesv2", "test_render_email_template", TemplateName=name, TemplateData=data)
    except UnreadableError as error:
        if error.code == "BadRequestException" or error.missing:
            yield wrong(f"SES can't render the last message: {error}", "mend the template or variables.py, and deploy")
            return
        raise
    what = "the last message's data" if item else "a dash for each variable, as each message has dropped its data"
    yield ok(f"SES renders the template with {what}")


def _template(deployed: Deployed) -> MailTemplate:
    """The one of this checkout's mail, of the kind that is deployed."""
    told = deployed.variables("Producer")
    try:
        return files_of(told.get("MAIL_KIND", "")).template(deployed.stack, told.get("UNSUBSCRIBE", ""))
    except UnknownMailKindError as error:
        raise UnreadableError(str(error)) from error


def _same(ours: MailTemplate, part: str, content: Mapping[str, str]) -> bool:
    """But for the lines' ends, which nobody says that SES keeps."""
    text: str = getattr(ours, part)
    return text.split() == content.get(part.capitalize(), "").split()


def _messages(deployed: Deployed, template: str) -> list[Item]:
    """Those of this template that a short look into the outbox finds."""
    seen = islice(deployed.session.scan(deployed.session.stage.outbox_table), _LOOKED_AT)
    return [item for item in seen if item.get("template") == template]


def _last(messages: Iterable[Item]) -> Item | None:
    """The latest that still has its data."""
    whole = (item for item in messages if _is_whole(item.get("data")))
    return max(whole, key=lambda item: (history(item) or [("", "")])[0], default=None)


def _is_whole(data: object) -> bool:
    """As every message that was not edited by hand has it."""
    return isinstance(data, dict) and all(isinstance(value, str) for value in data.values())
