"""What a Handlebars mail template asks of a message's data."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from html import escape

from shared.errors import RenderError

HTML = "html"
"""The name under which the HTML part finds its escaped variables."""
_TAG = re.compile(r"\{\{\{?~?\s*(?P<sigil>[#/^!>&]?)\s*(?P<body>[^{}]*?)\s*~?\}?\}\}", re.DOTALL)
_BUILT_IN = re.compile(r"(else|this)\b|@|\.\.")
_COMMENT = re.compile(r"\{\{!--.*?--\}\}", re.DOTALL)


def required_variables(parts: Iterable[str]) -> frozenset[str]:
    """The names that must be in the data: every plain one at the root.

    SES fails a mail whose data lacks a variable, and says so only in an event (source:
    ses-rendering-failure). A variable that a block tests (`{{#if x}}`) may be absent. Inside `each` and `with`, names belong
    to the block's own data.
    """
    return frozenset(_root(tag["body"]) for part in parts for tag in _required(part))


def places(files: Sequence[str], parts: Sequence[str], variables: Collection[str]) -> list[str]:
    """Where each of these required variables is named first, such as `mail/usage/html.hbs, line 12: {{html.name}}`.

    `files` are those of the parts. A variable that is named nowhere stands alone.
    """
    found: dict[str, str] = {}
    for file, part in zip(files, parts, strict=True):
        for tag in _required(part):
            line = part.count("\n", 0, tag.start()) + 1
            found.setdefault(_root(tag["body"]), f"{file}, line {line}: {tag[0]}")
    return [found.get(name, f"{{{{{name}}}}}") for name in sorted(variables)]


def _required(part: str) -> Iterator[re.Match[str]]:
    text = _COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), part)
    blocks: list[str] = []
    for tag in _TAG.finditer(text):
        sigil, body = tag["sigil"], tag["body"]
        if sigil in ("#", "^") and body:
            blocks.append(body)
        elif sigil == "/":
            if blocks:
                blocks.pop()
        elif sigil in ("", "&") and body and not _BUILT_IN.match(body):
            at_root = not any(block.split()[0] in ("each", "with") for block in blocks)
            tested = {_root(word) for block in blocks for word in block.split()[1:]}
            if at_root and _root(body) not in tested:
                yield tag


def _root(path: str) -> str:
    """The variable that a path such as `html.name` or `user.name` starts from."""
    return path.removeprefix(f"{HTML}.").split(".")[0]


def rendering_data(data: Mapping[str, str]) -> dict[str, str | dict[str, str]]:
    """The data for SES: each variable as it is, and once more under `html`, escaped, for the HTML part.

    SES escapes nothing, not even `{{x}}` (source: ses-escapes-nothing). So a template's
    HTML part says `{{html.x}}`, or a text that a user typed would become markup.
    """
    return {**data, HTML: {name: escape(value) for name, value in data.items()}}


def check_variables(template: str, required: frozenset[str], given: Collection[str]) -> None:
    """Raises RenderError naming each variable that the message lacks."""
    missing = sorted(required.difference(given))
    if missing:
        raise RenderError(f"template {template} needs {', '.join(missing)}, which the message's data lacks")
