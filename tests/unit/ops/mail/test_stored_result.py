"""The stored result of a month's query."""

import pytest

from ops.errors import UnreadableError
from ops.mail.stored_result import NoResultError, StoredResult, stored_result
from shared.periods import Period
from simulation.stack import PERIOD, usage_row
from simulation.world import World
from tests.unit.ops.mail.result import NO_KEY, produced, store, written
from tests.unit.ops.office import Office

MONTH = Period.parse(PERIOD)


@pytest.fixture
def result(office: Office, world: World) -> StoredResult:
    produced(office, world)
    return stored_result(office.session, MONTH)


def test_all_rows(result: StoredResult, world: World) -> None:
    assert list(result.rows()) == world.rows


def test_the_row_of_a_user(result: StoredResult) -> None:
    assert result.row_of("user-00001") == usage_row(1)
    assert result.row_of("user-0000") is None
    assert result.row_of("zoe") is None


def test_of_two_rows_the_first_counts(office: Office, result: StoredResult) -> None:
    store(office, written([{"user_id": "ann", "n": "1"}, {"user_id": "ann", "n": "2"}]))
    assert result.row_of("ann") == {"user_id": "ann", "n": "1"}


def test_who_stands_after_the_user_ends_the_reading(office: Office, result: StoredResult) -> None:
    store(office, written([{"user_id": "bob ann"}, {"user_id": "broken"}]) + b'"')
    assert result.row_of("ann") is None  # bob's row mentions ann, and comes after where ann would stand


def test_without_an_order_all_is_read(office: Office, world: World) -> None:
    """As a month that was stopped for it has it."""
    world.rows.reverse()
    produced(office, world)
    store(office, written([{"user_id": "x of ann"}, {"user_id": "ann"}]))
    found = stored_result(office.session, MONTH)
    assert found.row_of("ann") == {"user_id": "ann"}


@pytest.mark.parametrize("typed", ["Ann@Bücher.example", "ann@xn--bcher-kva.example", " ann@BÜCHER.example "])
def test_users_by_address(office: Office, result: StoredResult, typed: str) -> None:
    rows = [("ann", "ann@bücher.example"), ("bob", "ANN@bücher.example "), ("cid", "ann@example.com"), ("dan", None)]
    store(office, written([{"user_id": user, "email": email} for user, email in rows]))
    assert result.user_of(typed) == ["ann", "bob"]


def test_an_address_that_no_mail_can_go_to_is_found_as_it_stands(office: Office, result: StoredResult) -> None:
    store(office, written([{"user_id": "ann", "email": "no at of Ann"}, {"user_id": "bob", "email": "ann"}]))
    assert result.user_of("no at of ann") == ["ann"]


def test_a_file_that_is_gone(office: Office, result: StoredResult) -> None:
    store(office, NO_KEY)
    with pytest.raises(NoResultError, match="S3 keeps it for 14 days"):
        result.row_of("ann")


def test_a_query_that_athena_knows_no_more(office: Office, world: World) -> None:
    produced(office, world)
    unknown = UnreadableError("InvalidRequestException: not found", "InvalidRequestException")
    office.aws.answer("athena", "get_query_execution", unknown)
    with pytest.raises(NoResultError, match="S3 keeps it for 14 days"):
        stored_result(office.session, MONTH)


def test_what_may_not_be_read_is_said(office: Office, result: StoredResult) -> None:
    store(office, UnreadableError("get_object: AccessDenied: no", "AccessDenied"))
    with pytest.raises(UnreadableError, match="AccessDenied"):
        result.row_of("ann")


def test_a_query_that_is_not_done(office: Office, world: World) -> None:
    produced(office, world)
    office.aws.answer("athena", "get_query_execution", {"QueryExecution": {"Status": {"State": "RUNNING"}}})
    with pytest.raises(NoResultError, match="its query is RUNNING"):
        stored_result(office.session, MONTH)


def test_a_month_that_was_not_produced_and_one_that_was_edited(office: Office, world: World) -> None:
    with pytest.raises(NoResultError, match="2026-10 has not been produced"):
        stored_result(office.session, MONTH)
    world.control_table.put({"name": f"run#{PERIOD}", "state": 7})
    with pytest.raises(NoResultError, match="was edited and can't be read"):
        stored_result(office.session, MONTH)
