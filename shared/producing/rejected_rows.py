"""Rows that could not become messages, as they are listed for an operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.keys import USER_ID_MAX_BYTES
from shared.periods import Period


@dataclass(frozen=True)
class RejectedRow:
    """`row` counts the query's rows from 1; `reason` begins with the column that can't be used. Of a user_id that is too
    long, its beginning.
    """

    row: int
    column: str
    user_id: str | None
    reason: str

    @classmethod
    def of(cls, row: int, user_id: str | None, error: Exception) -> "RejectedRow":
        shown = user_id if user_id is None or len(user_id) <= USER_ID_MAX_BYTES else f"{user_id[:USER_ID_MAX_BYTES]}…"
        return cls(row, str(error).split(maxsplit=1)[0], shown, str(error))


class Rejects(Protocol):
    """Where the rejected rows of each period are listed."""

    def address(self, period: Period, attempt: int) -> str:
        """Under which they are, for a person."""

    def store(self, period: Period, attempt: int, rows: Sequence[RejectedRow]) -> None:
        """Lists a page's rows. Done again, it replaces the same list."""
