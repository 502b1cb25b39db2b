"""A rejected row: its column is the error's own, whatever the reason reads like."""

import pytest

from mail.usage.variables import KIND
from shared.errors import InvalidMessageError, InvalidRowError, MissingColumnError
from shared.keys import USER_ID_MAX_BYTES, Key
from shared.producing.rejected_rows import RejectedRow


def test_the_column_is_a_field_of_the_error() -> None:
    row = RejectedRow.of(7, "ann", InvalidRowError("minutes used", "is None, not a number"))
    assert row == RejectedRow(7, "minutes used", "ann", "minutes used is None, not a number")


def test_a_user_id_that_is_none_is_the_column_at_fault() -> None:
    too_long = "u" * (USER_ID_MAX_BYTES + 1)
    for user_id, shown in ((None, None), (too_long, f"{too_long[:-1]}…")):
        with pytest.raises(InvalidMessageError) as raised:
            Key.of(user_id, "2026-10")
        row = RejectedRow.of(1, user_id, raised.value)
        assert (row.column, row.user_id) == ("user_id", shown)


def test_missing_columns_are_a_field_of_the_error() -> None:
    with pytest.raises(MissingColumnError) as raised:
        KIND.check_columns({"user_id", "mail"})
    assert raised.value.columns[:3] == ["active_days", "busiest_day", "busiest_day_minutes"]
    assert "email" in raised.value.columns
    assert str(raised.value).startswith("mail/usage/query.sql gives no column active_days, busiest_day, ")
    assert str(raised.value).endswith("; it gives mail, user_id")
