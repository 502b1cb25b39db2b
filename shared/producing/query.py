"""The usage query's parameters, written into it as literals.

Neither PyAthena does that, for which every other percent sign must be doubled, nor Athena: its own parameters have no
names, and are taken in the WHERE clause only (source: Athena user guide, "Use parameterized queries").
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date

from shared.errors import QueryParameterError

_PARAMETER = re.compile(r"%\((?P<name>\w+)\)s")
_DOUBLED = "%%"
"""As PyAthena's parameters wanted a percent sign: Athena would take it for two, and tell nobody."""


def filled(sql: str, values: Mapping[str, date]) -> str:
    """The query with a DATE for each `%(name)s`, line by line as it was. Any other percent sign stays what it is.

    Raises QueryParameterError naming the line of the first parameter that has no value, or of a percent sign that is doubled.
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
    """The same for the same question (32-128 characters: source botocore model)."""
    return hashed(period, str(attempt), sql)


def hashed(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
