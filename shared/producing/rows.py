"""What becomes of a row of the usage query: a message for the outbox, or the reason why not."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from mail.usage.variables import COLUMNS, template_data
from shared.errors import InvalidMessageError, InvalidRowError, MissingColumnError
from shared.keys import Key
from shared.outbox.message import new_item
from shared.periods import Period
from shared.producing.pages import Row
from shared.rendering.addresses import usable_email
from shared.store import Item
from shared.times import Clock


@dataclass(frozen=True)
class Drafts:
    template: str
    sender: str
    """The From address."""
    preferences_url: str
    """Where a recipient changes what she gets; "" leaves the line out of the mail."""
    clock: Clock

    def message(self, row: Row, period: Period, due_at: datetime) -> Item | InvalidMessageError | InvalidRowError:
        """The error is returned, not raised: a bad row is nothing exceptional in a million."""
        try:
            key = Key.of(row["user_id"], str(period))
            email = usable_email(row["email"])
            data = template_data(row, period, self.preferences_url)
        except (InvalidMessageError, InvalidRowError) as error:
            return error
        return new_item(key, email, data, self.template, self.sender, self.clock(), due_at)


def check_columns(given: Collection[str]) -> None:
    """Raises MissingColumnError. Somebody may have edited the query; without a column every row would be rejected, one
    by one.
    """
    missing = sorted({"user_id", "email", *COLUMNS} - set(given))
    if missing:
        raise MissingColumnError(
            f"mail/usage/query.sql gives no column {', '.join(missing)}; it gives {', '.join(sorted(given))}"
        )
