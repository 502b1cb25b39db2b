"""The month's query: asked anew, under a token of its own, or a stored result of it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ops.errors import RefusedError
from shared.errors import QueryParameterError
from shared.periods import Period
from shared.producing.handed import Execution, Wanted
from shared.producing.query import filled, hashed
from shared.rendering.mail_kind import MailFiles

if TYPE_CHECKING:
    from shared.aws.athena import Athena

WAIT_S = 1.0
"""Between two signs of life while Athena works."""


@dataclass(frozen=True)
class Answered:
    """A query whose result is there."""

    execution: Execution
    asked: bool
    """By this look, which is paid for; else by somebody before."""
    differences: tuple[str, ...]
    """From what the run would ask: what is shown here would not go out."""
    untimely: tuple[str, ...]
    """Why the run would ask anew all the same."""

    @property
    def query_id(self) -> str:
        return self.execution.query_id


@dataclass(frozen=True)
class Question:
    """What the run would ask for the period."""

    athena: "Athena"
    files: MailFiles
    period: Period
    clock: Callable[[], datetime]

    def answered(self, result: str, waiting: Callable[[], None]) -> Answered:
        """The result of that query, or with "" of one that is asked now. `waiting` is called again and again while Athena works.
        Raises RefusedError, UsageQueryError, QueryCancelledError, AthenaUnavailableError.
        """
        query_id = result or self.athena.ask(self._sql, _token(self.period))
        while not self.athena.done(query_id, WAIT_S):
            waiting()
        wanted = Wanted(self.period, self._sql, self.athena.work_group, self.athena.database)
        found = self.athena.execution(query_id)
        return Answered(
            found, not result, tuple(wanted.differences(found)), tuple(wanted.untimely(found, self.clock()))
        )

    @property
    def _sql(self) -> str:
        try:
            return filled(self.files.read(self.files.query), {"period_start": self.period.start})
        except QueryParameterError as error:
            raise RefusedError(f"{self.files.query}, {error}") from error


def _token(period: Period) -> str:
    """Never a run's: what is found on the 31st must not be what the run of the 1st gets. Nor that of an earlier look."""
    return hashed("preflight", str(period), secrets.token_hex(16))
