"""A row of the usage query becomes a message for the outbox, or an error that says why it can't."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.errors import InvalidMessageError, InvalidRowError
from shared.keys import Key
from shared.outbox.new_message import RETENTION, new_item
from shared.periods import Period
from shared.rendering.addresses import usable_email
from shared.rendering.mail_kind import MailKind, MailTemplate, Row
from shared.store import Item
from shared.times import Clock


class Draft(NamedTuple):
    """What a message says, to whom."""

    key: Key
    email: str
    data: Mapping[str, str]


@dataclass(frozen=True)
class Composer:
    """Composes messages from rows; what it holds is the same in every message of a deployment."""

    kind: MailKind
    template: MailTemplate
    sender: str
    """The From address, with or without a name."""
    clock: Clock
    reply_to: str = ""
    """Where answers go; "": to the sender."""
    retention: timedelta = RETENTION

    def draft(self, row: Row, period: Period) -> Draft | InvalidMessageError | InvalidRowError:
        """What the row's message says. Returns the error of a row that can't become one: in a million rows a bad one is no
        exception.
        """
        try:
            return Draft(
                Key.of(row["user_id"], str(period)), usable_email(row["email"]), self.kind.variables(row, period)
            )
        except (InvalidMessageError, InvalidRowError) as error:
            return error

    def message(self, draft: Draft, due_at: datetime) -> Item:
        """The message, to be claimed by `due_at`."""
        now, template = self.clock(), self.template.name
        return new_item(*draft, template, self.sender, now, due_at, self.reply_to, self.retention)
