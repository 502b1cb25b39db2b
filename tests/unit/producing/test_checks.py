"""What is found in a month's rows, from numbers alone."""

import pytest

from shared.producing.checks import Checks, Limits

QUERY = "mail/usage/query.sql"
LIMITS = Limits(rejected=0.05, change=0.5)


def checks(*users: str | None, bad: tuple[int, ...] = ()) -> Checks:
    made = Checks()
    for number, user in enumerate(users):
        made = Checks.of(made.stored()["checks"])  # as it is kept between two pages
        made.look({"user_id": user, "email": "same"}, usable=number not in bad)
    return made


def words(made: Checks, last_month: int | None = None) -> set[str]:
    return set(made.findings(LIMITS, last_month, QUERY))


@pytest.mark.parametrize(
    ("rows", "rejected", "found"), [(100, 5, set()), (100, 6, {"rejected"}), (1, 1, {"rejected"}), (0, 0, {"empty"})]
)
def test_rejected(rows: int, rejected: int, found: set[str]) -> None:
    assert words(Checks(rows=rows, rejected=rejected)) == found


@pytest.mark.parametrize(
    ("rows", "last_month", "found"),
    [
        (50, 100, set()), (49, 100, {"fewer"}), (0, 1, {"empty", "fewer"}), (150, 100, set()), (151, 100, {"more"}),
        (0, None, {"empty"}), (10**6, None, set()), (10**6, 0, set()),
    ],
)  # fmt: skip
def test_rows_against_last_months(rows: int, last_month: int | None, found: set[str]) -> None:
    assert words(Checks(rows=rows), last_month) == found


def test_a_reason_has_the_numbers() -> None:
    found = Checks(rows=1000, rejected=51, twice=2, unordered=3).findings(LIMITS, 5000, QUERY)
    assert found["rejected"] == "51 of 1,000 rows can't become messages"
    assert found["fewer"] == "1,000 rows, the month before had 5,000"
    assert found["twice"].startswith("2 rows")
    assert found["unordered"].startswith("3 rows")


def test_a_reason_names_the_columns_that_rows_were_rejected_for() -> None:
    made = Checks(rows=100, rejected=9)
    for column in ["email"] * 2 + ["busiest_day"] * 6 + ["active_days"]:
        made.blame(column)
    said = "9 of 100 rows can't become messages: 6 for busiest_day, 2 for email, 1 for active_days"
    assert made.findings(LIMITS, None, QUERY)["rejected"] == said


def test_a_reason_names_the_first_row_out_of_order() -> None:
    found = checks("a", "c", "b", "e", "d").findings(LIMITS, None, QUERY)
    assert found["unordered"].startswith("2 rows are not in the order of user_id, row 3 first")


@pytest.mark.parametrize(("rejected", "found"), [(99, set()), (100, {"rejected"})])
def test_a_month_without_a_message_is_asked_about_whatever_share_may_be_rejected(
    rejected: int, found: set[str]
) -> None:
    assert set(Checks(rows=100, rejected=rejected).findings(Limits(rejected=1, change=1000), None, QUERY)) == found


def test_a_user_who_comes_twice_and_is_rejected_makes_no_message_either() -> None:
    made = checks("a", "a", bad=(0, 1))
    assert (made.rows, made.rejected, made.usable) == (2, 1, 0)
    assert set(made.findings(Limits(rejected=1, change=1000), None, QUERY)) == {"rejected"}


def test_each_user_once_in_order() -> None:
    made = checks("a", "b", "c")
    assert (made.rows, made.twice, made.repeated, made.unordered, made.rejected) == (3, 0, 0, 0, 0)


def test_order_is_that_of_the_bytes() -> None:
    """As Athena compares: Z before a, and the last of the first plane before an emoji."""
    assert checks("Z", "a", "é", "\uffee", "😀").unordered == 0
    assert checks("a", "Z").unordered == 1
    assert checks("b", "a", "c", "d").unordered == 1


def test_the_very_same_row_twice_is_repeated_another_one_is_twice() -> None:
    made = checks("a", "a", "b")
    assert (made.repeated, made.twice) == (1, 0)
    made.look({"user_id": "b", "email": "another"}, usable=True)
    assert (made.repeated, made.twice, made.rejected) == (1, 1, 0)
    assert made.look({"user_id": "c", "email": None}, usable=False)
    assert not made.look({"user_id": "c", "email": None}, usable=False), "it counts for nothing"
    assert made.rejected == 1


def test_rows_without_a_user_stand_in_no_order_and_hide_nobody() -> None:
    made = checks("a", None, "a", "b", "", None, bad=(1, 4, 5))
    assert (made.unordered, made.repeated, made.twice, made.rejected) == (0, 1, 0, 3)


def test_columns_to_blame_alike_stand_in_the_order_of_their_names() -> None:
    checks = Checks(rows=4, rejected=4)
    for column in ("minutes", "email", "minutes", "email"):
        checks.blame(column)
    assert checks.findings(Limits(), None, QUERY)["rejected"].endswith(": 2 for email, 2 for minutes")


def test_who_has_left_is_neither_rejected_nor_missed() -> None:
    assert words(Checks(rows=100, unsubscribed=100)) == set()
    assert words(Checks(rows=200, unsubscribed=100, rejected=5)) == set()
    assert words(Checks(rows=200, unsubscribed=100, rejected=6)) == {"rejected"}
    alone = Checks(rows=3, unsubscribed=2, rejected=1)
    assert alone.findings(Limits(rejected=1), None, QUERY) == {}, "the query is not to blame"
    assert alone.usable == 0


@pytest.mark.parametrize(
    ("now", "last_month", "found"),
    [(50, 100, set()), (49, 100, {"unsubscribed"}), (0, 10, {"unsubscribed"}), (0, 9, set())],
)
def test_who_had_left_does_not_come_back_all_at_once(now: int, last_month: int, found: set[str]) -> None:
    """Their table may be empty, or another one."""
    made = Checks(rows=1000, unsubscribed=now)
    assert set(made.findings(LIMITS, 1000, QUERY, last_month)) == found
