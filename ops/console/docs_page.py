"""The documents of the checkout, above all what the runbook says of an alarm."""

import re
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ops.console.desk import Desk
from ops.doctor.version import ROOT
from ops.errors import RefusedError

DOCS = ROOT / "docs"
RUNBOOK = "runbook.md"


def routes(desk: Desk) -> list[Route]:
    def alarm(request: Request) -> Response:
        return RedirectResponse(f"/docs/{RUNBOOK}#{section_of(request.path_params['name'])}", HTTPStatus.SEE_OTHER)

    def document(request: Request) -> Response:
        path = request.path_params["path"]
        return desk.page("document.html", path=path, text=as_html(_read(path)))

    return [Route("/runbook/{name}", alarm), Route("/docs/{path:path}", document)]


def section_of(alarm: str) -> str:
    """The anchor of the runbook's section on an alarm; "" for one that it does not know."""
    headings = re.findall(r"^### (.+)$", _read(RUNBOOK), re.MULTILINE)
    return next((_anchor(one) for one in headings if re.search(rf"\b{re.escape(alarm)}\b", one)), "")


def as_html(markdown: str) -> str:
    """HTML that stands in the text is shown as text."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    for heading, words in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", _anchor(_plain(words)))
    return str(reader.renderer.render(tokens, reader.options, {}))


def _plain(words: Token) -> str:
    return "".join(part.content for part in words.children or ())


def _anchor(heading: str) -> str:
    """As the usual hosts of repositories make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _read(path: str) -> str:
    """Raises RefusedError for what is no document of the checkout."""
    found = {str(one.relative_to(DOCS)): one for one in DOCS.rglob("*.md")}
    if path not in found:
        raise RefusedError(
            f"docs/{path} is not here: this command runs without its checkout, or there is no such document"
        )
    return Path(found[path]).read_text("utf-8")
