"""A row of the usage query becomes a message for the outbox, or an error that says why it can't."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import InvalidMessageError, InvalidRowError
from shared.keys import Key
from shared.outbox.new_message import RETENTION, new_item
from shared.periods import Period
from shared.rendering.addresses import usable_email
from shared.rendering.mail_kind import MailKind, MailTemplate, Row
from shared.store import Item
from shared.times import Clock


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

    def message(self, row: Row, period: Period, due_at: datetime) -> Item | InvalidMessageError | InvalidRowError:
        """The row's message, to be claimed by `due_at`. Returns the error of a row that can't become one: in a million
        rows a bad one is no exception.
        """
        try:
            key = Key.of(row["user_id"], str(period))
            email = usable_email(row["email"])
            data = self.kind.variables(row, period)
        except (InvalidMessageError, InvalidRowError) as error:
            return error
        now, template = self.clock(), self.template.name
        return new_item(key, email, data, template, self.sender, now, due_at, self.reply_to, self.retention)
