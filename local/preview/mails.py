"""Some of a month's rows as mails: the product's own mapping, the templates as they are, rendered as SES renders them."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from local.preview.places import Places, PreviewError
from local.stack import engine_pages
from ops.mail.rendering import Rendered
from shared.periods import Period
from shared.producing.composer import Composer
from shared.rendering.handlebars import rendering_data, required_variables
from shared.rendering.mail_kind import MailFiles, MailKind, Row
from shared.rendering.unsubscribing import LINK, NONE, Unsubscribing, variables

FIRST = 3
"""Mails that are shown as they come, beside those that stand out."""

UNSUBSCRIBING = Unsubscribing("https://example.com/unsubscribe", "preview", lambda: b"preview")
"""The link as it looks; what is signed with this key, no page takes."""
_TESTED = re.compile(r"\{\{~?[#^]\s*(?:if|unless|each|with)\s+(?:html\.)?([A-Za-z_]\w*)")


@dataclass(frozen=True)
class Draft:
    """One user's message."""

    user_id: str
    email: str
    data: Mapping[str, str]


@dataclass
class Drawn:
    """What became of the month's rows."""

    drafts: list[Draft] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    """User and reason."""


@dataclass(frozen=True)
class Mail:
    """A rendered mail, and why it is shown."""

    draft: Draft
    why: Sequence[str]
    rendered: Rendered


def drawn(rows: Iterable[Row], kind: MailKind, period: Period) -> Drawn:
    """Every row as a draft, or rejected. Raises PreviewError that names the place in the mapping."""
    composer, found = (
        Composer(kind, kind.files.template("preview", NONE), "", lambda: datetime.now(UTC)),
        Drawn(),
    )
    for row in rows:
        try:
            made = composer.draft(row, period)
        except Exception as error:
            raise Places(kind.files).in_mapping(error) from error
        if isinstance(made, Exception):
            found.rejected.append((row.get("user_id") or "", str(made)))
        else:
            found.drafts.append(Draft(made.key.user_id, made.email, made.data))
    if not found.drafts:
        reasons = f"; the first: user {found.rejected[0][0]!r}: {found.rejected[0][1]}" if found.rejected else ""
        raise PreviewError(f"{kind.files.query}: no row became a mail ({len(found.rejected)} rejected){reasons}")
    return found


def chosen(found: Drawn, user: str) -> list[tuple[Draft, list[str]]]:
    """The user's draft; or without one the longest, the shortest, the one with the least in it, and the first ones."""
    if user:
        return [(draft, ["the user asked for"]) for draft in found.drafts if draft.user_id == user] or _nobody(
            user, found
        )
    why: dict[str, list[str]] = {}
    for name, key in _STANDING_OUT:
        why.setdefault(max(found.drafts, key=key).user_id, []).append(name)
    for draft in found.drafts[:FIRST]:
        why.setdefault(draft.user_id, []).append("one of the first")
    by_user = {draft.user_id: draft for draft in found.drafts}
    return [(by_user[user_id], reasons) for user_id, reasons in why.items()]


def rendered(url: str, files: MailFiles, picked: Iterable[tuple[Draft, list[str]]], found: Drawn) -> list[Mail]:
    """The mails. Raises PreviewError that names the template and the line."""
    places = Places(files)
    parts = {part: files.read(file) for part, file in files.templates.items()}
    parts["subject"] = parts["subject"].strip()  # as it is deployed
    _check_tests(places, parts, {LINK, *(name for draft in found.drafts for name in draft.data)})
    return [_rendered(url, places, parts, draft, why) for draft, why in picked]


def _check_tests(places: Places, parts: Mapping[str, str], known: set[str]) -> None:
    """Handlebars leaves a block out of every mail without a word, if no row has its variable."""
    for part, source in parts.items():
        for name in _TESTED.findall(source):
            if name not in known:
                raise places.missing_variable(part, name, known)


def _rendered(url: str, places: Places, parts: Mapping[str, str], draft: Draft, why: Sequence[str]) -> Mail:
    data = {**draft.data, **variables(UNSUBSCRIBING.link(draft.user_id))}
    for part, source in parts.items():
        for name in sorted(required_variables([source]) - data.keys()):
            raise places.missing_variable(part, name, draft.data)
    try:
        said = engine_pages.render(url, dict(parts), rendering_data(data))
    except engine_pages.RenderError as error:
        raise places.in_template(error.part, error.line, str(error)) from error
    return Mail(draft, why, Rendered(said["subject"], said["text"], said["html"]))


def _nobody(user: str, found: Drawn) -> list[tuple[Draft, list[str]]]:
    for user_id, reason in found.rejected:
        if user_id == user:
            raise PreviewError(f"user {user!r} gets no mail: {reason}")
    users = [draft.user_id for draft in found.drafts]
    near = ", ".join(map(repr, difflib.get_close_matches(user, users) or users[:FIRST]))
    raise PreviewError(f"USER={user}: no such user among the {len(users):,} of the month; there are {near}")


def _length(draft: Draft) -> int:
    return sum(map(len, draft.data.values()))


def _empty(draft: Draft) -> int:
    return sum(not value for value in draft.data.values())


_STANDING_OUT: tuple[tuple[str, Callable[[Draft], int]], ...] = (
    ("the longest", _length),
    ("the shortest", lambda draft: -_length(draft)),
    ("the least data", _empty),
)
