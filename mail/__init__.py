"""The kinds of mail that there are: each a folder in here. Which of them a stack sends is a setting of its stage.

query.sql       one row a user
events.ddl.sql  the table that the query reads
variables.py    from a row to the mail's variables, and the declaration of the kind: KIND
subject.hbs, text.hbs, html.hbs
"""

from importlib import import_module
from pathlib import Path

from shared.errors import UnknownMailKindError
from shared.rendering.mail_kind import MailFiles, MailKind

_FOLDER = Path(__file__).resolve().parent


def files_of(name: str) -> MailFiles:
    """The files of the kind of this name. Raises UnknownMailKindError with the names that there are."""
    kinds = sorted(query.parent.name for query in _FOLDER.glob("*/query.sql"))
    if name not in kinds:
        raise UnknownMailKindError(f"mailKind is {name!r}, and mail/ has no such folder; it has {', '.join(kinds)}")
    return MailFiles(_FOLDER.parent, name)


def kind_of(name: str) -> MailKind:
    """The kind of this name. Raises UnknownMailKindError, and what importing its variables.py raises."""
    files = files_of(name)
    kind = getattr(import_module(f"mail.{name}.variables"), "KIND", None)
    if not isinstance(kind, MailKind):
        raise UnknownMailKindError(f"{files.mapping} declares no KIND = MailKind.of(__file__, …)")
    return kind
