"""What must be true of a month's rows before the first of them becomes a message. Pure: rows in, findings out.

A month is mailed once: a query that was edited wrongly must not mail a million people.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from shared.keys import USER_ID_MAX_BYTES

SKIPPED_AT_LEAST = 10
"""Of so many who have left, half do not come back within a month."""
Findings = Mapping[str, str]
"""What speaks against going on: from a word to accept it by, to the reason."""
MAX_REJECTED = 0.05
MAX_CHANGE = 0.5
NEVER_ACCEPTED = frozenset({"cancelled", "columns", "no_template", "parameter", "result", "unordered"})
"""Findings that only another query or template mends: without a result, a column or a template there is no mail, and without
the order no count is right.
"""
LOOKED_AT_AGAIN = frozenset({"no_template", "sandbox", "sender", "template"})
"""Findings that can be mended without another query."""


@dataclass(frozen=True)
class Limits:
    """Shares above which a run stops and asks."""

    rejected: float = MAX_REJECTED
    change: float = MAX_CHANGE
    """Of last month's rows, more or fewer."""


@dataclass
class Checks:
    """What the first pass has counted so far. Kept between two invocations, so it is small and made of plain values."""

    rows: int = 0
    rejected: int = 0
    unsubscribed: int = 0
    """Rows of users who get no mail, whatever else is wrong with them."""
    twice: int = 0
    """Rows of a user who has another row before."""
    first_twice: str = ""
    """The user of the first of them, and its row."""
    repeated: int = 0
    """Rows of a user who has the very same row before."""
    unordered: int = 0
    """Rows that come before their predecessor in the order of user_id."""
    first_unordered: int = 0
    """The number of the first of them."""
    columns: dict[str, int] = field(default_factory=dict)
    """From a column that can't be used, to how many rows are rejected for it."""
    last_user: str = ""
    """The user of the last row that has one, and that row's digest."""
    last_digest: str = ""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Checks":
        """As a record has them, which may hold more."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def __post_init__(self) -> None:
        self._last_row: Mapping[str, str | None] | None = None
        """The row whose digest `last_digest` is to be, as soon as it is asked for: hardly anybody comes twice."""

    def copy(self) -> "Checks":
        return Checks.of(self.stored()["checks"])

    def stored(self) -> dict[str, Any]:
        """As the record has it."""
        self.last_digest = self._digest_of_last()
        return {"checks": asdict(self), "rejected": self.rejected}

    def look(self, row: Mapping[str, str | None], *, usable: bool, unsubscribed: bool = False) -> bool:
        """Counts the next row; False if it counts for nothing, because its user has a row before. `usable`: it can become a
        message. `unsubscribed`: it shall not.
        """
        self.rows += 1
        user_id = comparable(row)
        if user_id and user_id == self.last_user:
            self._look_again(row)
            return False
        if user_id:
            if user_id < self.last_user:
                self.unordered += 1
                self.first_unordered = self.first_unordered or self.rows
            self.last_user, self._last_row = user_id, row
        self.unsubscribed += unsubscribed
        self.rejected += not usable and not unsubscribed
        return True

    def _look_again(self, row: Mapping[str, str | None]) -> None:
        """Counts a row whose user has the row before."""
        same = _digest(row) == self._digest_of_last()
        self.repeated += same
        self.twice += not same
        if not same:
            self.first_twice = self.first_twice or f"{self.last_user!r} in row {self.rows:,}"

    def _digest_of_last(self) -> str:
        return self.last_digest if self._last_row is None else _digest(self._last_row)

    def blame(self, column: str) -> None:
        """Counts the column that a row is rejected for."""
        self.columns[column] = self.columns.get(column, 0) + 1

    @property
    def usable(self) -> int:
        """Rows that can become messages."""
        return self.rows - self.rejected - self.unsubscribed - self.twice - self.repeated

    def _blamed(self) -> str:
        most = sorted(self.columns.items(), key=lambda one: (-one[1], one[0]))
        return ": " + ", ".join(f"{count:,} for {column}" for column, count in most) if most else ""

    def findings(self, limits: Limits, last_month: int | None, query: str, skipped_last_month: int = 0) -> Findings:
        """What is wrong with the rows. `last_month`: how many there were; None if that is unknown. `query`: its file."""
        found = {}
        if not self.rows:
            found["empty"] = f"{query} gives no rows"
        wanted = self.rows - self.unsubscribed
        if self.rejected > wanted * limits.rejected or (self.rejected and not self.usable + self.unsubscribed):
            found["rejected"] = f"{self.rejected:,} of {wanted:,} rows can't become messages{self._blamed()}"
        if last_month and self.rows < last_month * (1 - limits.change):
            found["fewer"] = f"{self.rows:,} rows, the month before had {last_month:,}"
        if last_month and self.rows > last_month * (1 + limits.change):
            found["more"] = f"{self.rows:,} rows, the month before had {last_month:,}"
        if skipped_last_month >= SKIPPED_AT_LEAST and self.unsubscribed < skipped_last_month / 2:
            found["unsubscribed"] = (
                f"{self.unsubscribed:,} users are skipped because they have unsubscribed, the month before it were "
                f"{skipped_last_month:,}: is the table of the unsubscribed the right one, and whole?"
            )
        if self.twice:
            found["twice"] = (
                f"{self.twice:,} rows are of a user who had another row before, {self.first_twice} first; "
                "each user's first row would count"
            )
        if self.unordered:
            found["unordered"] = (
                f"{self.unordered:,} rows are not in the order of user_id, row {self.first_unordered:,} first, so users "
                f"who come twice go unnoticed; let {query} ORDER BY user_id"
            )
        return found


def comparable(row: Mapping[str, str | None]) -> str:
    """The user_id, to compare with the row before; "" for one that is missing or too long, whose row is rejected. Texts
    compare as Athena's do, by code point.
    """
    user_id = row.get("user_id") or ""
    return user_id if len(user_id) <= USER_ID_MAX_BYTES else ""


def _digest(row: Mapping[str, str | None]) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]
