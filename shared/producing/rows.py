"""What becomes of a row of the usage query: a message for the outbox, or the reason why not."""

from dataclasses import dataclass
from datetime import datetime

from shared.errors import InvalidMessageError, InvalidRowError
from shared.keys import Key
from shared.outbox.message import new_item
from shared.periods import Period
from shared.rendering.addresses import usable_email
from shared.rendering.mail_kind import MailKind, Row
from shared.store import Item
from shared.times import Clock


@dataclass(frozen=True)
class Drafts:
    kind: MailKind
    template: str
    sender: str
    """The From address."""
    preferences_url: str
    """Where a recipient changes what they get; "" leaves the line out of the mail."""
    clock: Clock

    def message(self, row: Row, period: Period, due_at: datetime) -> Item | InvalidMessageError | InvalidRowError:
        """The error is returned, not raised: a bad row is nothing exceptional in a million."""
        try:
            key = Key.of(row["user_id"], str(period))
            email = usable_email(row["email"])
            data = self.kind.variables(row, period, self.preferences_url)
        except (InvalidMessageError, InvalidRowError) as error:
            return error
        return new_item(key, email, data, self.template, self.sender, self.clock(), due_at)
