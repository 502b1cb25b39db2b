"""Rows that can't become messages, as they are listed for an operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import InvalidMessageError, InvalidRowError
from shared.keys import USER_ID_MAX_BYTES
from shared.periods import Period


@dataclass(frozen=True)
class RejectedRow:
    """One row, and why it is rejected."""

    row: int
    """Its number among the query's rows, from 1."""
    column: str
    """The column that can't be used."""
    user_id: str | None
    """As the query gives it; of one that is too long, its beginning."""
    reason: str

    @classmethod
    def of(cls, row: int, user_id: str | None, error: InvalidMessageError | InvalidRowError) -> "RejectedRow":
        column = error.column if isinstance(error, InvalidRowError) else error.attribute
        shown = user_id if user_id is None or len(user_id) <= USER_ID_MAX_BYTES else f"{user_id[:USER_ID_MAX_BYTES]}…"
        return cls(row, column, shown, str(error))


class Rejects(Protocol):
    """Where the rejected rows of each query of a period are listed."""

    def address(self, period: Period, attempt: int) -> str:
        """Where a person finds them."""

    def store(self, period: Period, attempt: int, rows: Sequence[RejectedRow]) -> None:
        """Lists a page's rejected rows, at least one. Storing a page again replaces its list."""
