"""The usage query as Athena is asked it: its parameters, written into it as literals, and its request token.

PyAthena could do it, but every other percent sign would have to be doubled. Athena's own parameters have no names and
stand in the WHERE clause only (source: athena-parameters).
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from shared.errors import QueryParameterError

_PARAMETER = re.compile(r"%\((?P<name>\w+)\)s")
_DOUBLED = "%%"
"""A percent sign as PyAthena's parameters wanted it. Athena would take it for two, without a word."""


class Question(NamedTuple):
    """A query as Athena is asked it."""

    sql: str
    token: str
    """The same for the same question, whoever asks it."""


def filled(sql: str, values: Mapping[str, date]) -> str:
    """The query with a DATE literal for each `%(name)s`. All else, other percent signs included, stays as it is.

    Raises QueryParameterError, which names the line: a parameter has no value, or a percent sign is doubled.
    """
    if _DOUBLED in sql:
        raise QueryParameterError(f"line {_line(sql, sql.index(_DOUBLED))}: %% is two percent signs; write one")

    def literal(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in values:
            line = _line(sql, found.start())
            known = ", ".join(f"%({one})s" for one in values)
            raise QueryParameterError(f"line {line}: {found[0]} is no parameter; there is only {known}")
        return f"DATE '{values[name].isoformat()}'"

    return _PARAMETER.sub(literal, sql)


def _line(sql: str, position: int) -> int:
    return sql.count("\n", 0, position) + 1


def request_token(period: str, sql: str, attempt: int) -> str:
    """Athena's ClientRequestToken: the same for the same question (source: athena-token)."""
    return hashed(period, str(attempt), sql)


def hashed(*parts: str) -> str:
    """64 hexadecimal digits: SHA-256 of the parts, one a line."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
