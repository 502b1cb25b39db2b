"""The usage query with its parameter filled in: nothing else in it is touched."""

from datetime import date

import pytest

from shared.errors import QueryParameterError
from shared.producing.query import filled

OCTOBER = {"period_start": date(2026, 10, 1)}


@pytest.mark.parametrize(
    ("sql", "asked"),
    [
        ("at >= %(period_start)s", "at >= DATE '2026-10-01'"),
        ("%(period_start)s OR %(period_start)s", "DATE '2026-10-01' OR DATE '2026-10-01'"),
        ("email NOT LIKE '%@test.example'", "email NOT LIKE '%@test.example'"),
        ("LIKE '%' AND minutes %(60) = 7 % 2", "LIKE '%' AND minutes %(60) = 7 % 2"),
        ("date_format(at, '%Y-%m')", "date_format(at, '%Y-%m')"),
        ("SELECT 1", "SELECT 1"),
    ],
)
def test_only_the_parameter_is_filled_in(sql: str, asked: str) -> None:
    assert filled(sql, OCTOBER) == asked


@pytest.mark.parametrize(
    ("sql", "line"), [("%(start)s", 1), ("a\n%(period_start)s\nb %(start)s\n%(starts)s", 3), ("\n-- %(start)s", 2)]
)
def test_a_parameter_without_a_value_is_named_with_its_line(sql: str, line: int) -> None:
    with pytest.raises(QueryParameterError, match=rf"^line {line}: %\(start\)s is no .* only %\(period_start\)s$"):
        filled(sql, OCTOBER)


def test_a_doubled_percent_sign_is_named_with_its_line() -> None:
    """As an earlier release wanted it; now Athena would compare with other texts, without a word."""
    with pytest.raises(QueryParameterError, match=r"^line 2: %% is two percent signs; write one$"):
        filled("SELECT %(period_start)s\nWHERE date_format(at, '%%Y-%%m') = '2026-10'", OCTOBER)
