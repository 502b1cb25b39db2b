"""Is the mail's template there, is it this checkout's, and does it render?"""

import json
from collections.abc import Iterator
from itertools import islice

from ops.doctor.deployed import Deployed, template_name
from ops.doctor.finding import Finding, ok, warning, wrong
from ops.doctor.version import DEPLOY, ROOT
from ops.errors import UnreadableError
from ops.snapshot import history
from shared.rendering.handlebars import rendering_data
from shared.store import Item

_PARTS = ("subject", "text", "html")
_LOOKED_AT = 100
"""Messages, at most, among which the last one is looked for."""


def template(deployed: Deployed) -> Iterator[Finding]:
    """It is in SES, and its parts are those of this checkout."""
    name = template_name(deployed)
    try:
        content = deployed.ask("sesv2", "get_email_template", TemplateName=name)["TemplateContent"]
    except UnreadableError as error:
        if error.missing:
            yield wrong(
                f"SES has no template {name}: every mail fails", "docs/deploying.md, The mail, says how it gets there"
            )
            return
        raise
    kind = deployed.function("Producer").get("Environment", {}).get("Variables", {}).get("MAIL_KIND", "")
    differing = [part for part in _PARTS if not _same(kind, part, content.get(part.capitalize(), ""))]
    if differing:
        yield warning(f"the template {name} is not this checkout's: {', '.join(differing)}", DEPLOY)
    else:
        yield ok(f"the template {name} is this checkout's")


def rendering(deployed: Deployed) -> Iterator[Finding]:
    """SES renders it with the data of the last message (source: ses-one-a-second)."""
    name = template_name(deployed)
    item = _last_message(deployed, name)
    if item is None:
        yield ok("the template was not tried: there is no message yet whose data it could be rendered with")
        return
    data = json.dumps(rendering_data(item["data"]), ensure_ascii=False)
    try:
        deployed.ask("sesv2", "test_render_email_template", TemplateName=name, TemplateData=data)
    except UnreadableError as error:
        if error.code == "BadRequestException" or error.missing:
            yield wrong(f"SES can't render the last message: {error}", "mend the template or variables.py, and deploy")
            return
        raise
    yield ok("SES renders the template with the last message's data")


def _same(kind: str, part: str, deployed: str) -> bool:
    file = ROOT / "mail" / kind / f"{part}.hbs"
    return file.is_file() and file.read_text().strip() == deployed.strip()


def _last_message(deployed: Deployed, template: str) -> Item | None:
    """The latest of this template, of those that a short look into the outbox finds."""
    seen = islice(deployed.session.scan(deployed.session.stage.outbox_table), _LOOKED_AT)
    fitting = [item for item in seen if item.get("template") == template and _is_whole(item.get("data"))]
    return max(fitting, key=lambda item: (history(item) or [("", "")])[0], default=None)


def _is_whole(data: object) -> bool:
    """As every message that was not edited by hand has it."""
    return isinstance(data, dict) and all(isinstance(value, str) for value in data.values())
