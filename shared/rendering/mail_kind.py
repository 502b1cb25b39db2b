"""A kind of mail: a folder in mail/ that holds all that makes it this mail and no other."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.errors import MissingColumnError
from shared.periods import Period
from shared.rendering.unsubscribing import written

Row = Mapping[str, str | None]
"""A row of a kind's query, as Athena gives it: texts, None for NULL."""
Variables = Callable[[Row, Period], dict[str, str]]
"""From a row and its period to the variables of the mail. Raises InvalidRowError with the column that can't be used."""


@dataclass(frozen=True)
class MailTemplate:
    """A template in SES. Its name holds its content's hash, so what a name stands for never changes (ADR 25)."""

    name: str
    subject: str
    text: str
    html: str

    @property
    def parts(self) -> tuple[str, str, str]:
        return self.subject, self.text, self.html


@dataclass(frozen=True)
class MailFiles:
    """The files of a kind, each as one would type it: `mail/usage/query.sql`. `root` is where mail/ lies."""

    root: Path
    name: str

    @property
    def folder(self) -> str:
        return f"mail/{self.name}"

    @property
    def query(self) -> str:
        """One row a user, in the order of user_id."""
        return f"{self.folder}/query.sql"

    @property
    def table(self) -> str:
        """What the query reads."""
        return f"{self.folder}/events.ddl.sql"

    @property
    def mapping(self) -> str:
        """From a row to the mail's variables."""
        return f"{self.folder}/variables.py"

    @property
    def templates(self) -> dict[str, str]:
        """The mail's parts and their files, in SES's order."""
        return {part: f"{self.folder}/{part}.hbs" for part in ("subject", "text", "html")}

    def read(self, file: str) -> str:
        return (self.root / file).read_text()

    def template(self, stack: str, unsubscribe: str) -> MailTemplate:
        """The one that this stack's mails of this kind are made of. `unsubscribe`: the setting of its stage."""
        subject, text, html = (written(self.read(file), unsubscribe) for file in self.templates.values())
        parts = (subject.strip(), text, html)
        content_hash = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
        return MailTemplate(f"{stack}-{self.name}-{content_hash}", *parts)


@dataclass(frozen=True)
class MailKind:
    """Its files, the columns that `variables` reads of a row, and `variables`."""

    files: MailFiles
    columns: tuple[str, ...]
    variables: Variables

    @classmethod
    def of(cls, mapping: str, columns: tuple[str, ...], variables: Variables) -> "MailKind":
        """The kind in whose folder this file lies."""
        folder = Path(mapping).resolve().parent
        return cls(MailFiles(folder.parents[1], folder.name), columns, variables)

    def check_columns(self, given: Collection[str]) -> None:
        """Raises MissingColumnError if a column that every message needs is not given: the query may have been edited, and
        every single row would be rejected for it.
        """
        missing = {"user_id", "email", *self.columns} - set(given)
        if missing:
            raise MissingColumnError(self.files.query, missing, given)
