"""mail/usage/query.sql, run by Athena's SQL engine of the embedded AWS, against the same sums done in Python."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyathena import connect

from local.stack.embedded_aws import REGION, ROOT, EmbeddedAws
from local.usage import bucket
from local.usage.csv_file import UsageEvent
from shared.producing.query import filled
from tests.queries.reference import UserRow, october_rows

SQL = (ROOT / "mail/usage/query.sql").read_text()
DDL = (ROOT / "mail/usage/events.ddl.sql").read_text()
BUCKET = "usage"
DATABASE = "usage"
OCTOBER = date(2026, 10, 1)


Load = Callable[[Sequence[UsageEvent]], int]
Ask = Callable[[str], list[UserRow]]
Query = Callable[..., list[UserRow]]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Load, Ask]]:
    """How to load the deployed table, and how to ask a query for October's rows."""
    aws = EmbeddedAws(log=tmp_path_factory.mktemp("engine") / "engine.log")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    aws.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    cursor = connect(
        s3_staging_dir=f"s3://{BUCKET}/results/",
        schema_name=DATABASE,
        region_name=REGION,
        endpoint_url=aws.url,
        poll_interval=0.02,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    ).cursor()
    cursor.execute(DDL.replace("amzn-s3-demo-bucket", BUCKET))

    def ask(sql: str) -> list[UserRow]:
        cursor.execute(filled(sql, {"period_start": OCTOBER}))
        assert [column[0] for column in cursor.description or []] == list(UserRow._fields)
        return [UserRow(*row) for row in cursor.fetchall()]

    yield lambda events: bucket.load(s3, BUCKET, events), ask
    aws.stop()


@pytest.fixture(scope="module")
def october(engine: tuple[Load, Ask]) -> Query:
    """Load events and return October's rows."""
    load, ask = engine

    def run(events: Sequence[UsageEvent], sql: str = SQL) -> list[UserRow]:
        load(events)
        return ask(sql)

    return run


def used(
    at: str, minutes: str = "1", *, user_id: str = "u", email: str = "u@example.com", device_id: str = "d"
) -> UsageEvent:
    """Return one event of October, or of whatever month `at` names in full."""
    at = at if at.startswith("202") else f"2026-10-{at}"
    return UsageEvent(user_id, email, device_id, datetime.fromisoformat(at).replace(tzinfo=UTC), Decimal(minutes))


def only(rows: list[UserRow]) -> UserRow:
    (row,) = rows
    return row


def test_an_event_in_the_folder_of_a_month_that_is_not_read_is_missed(engine: tuple[Load, Ask]) -> None:
    """The header of events.ddl.sql says so: the folder is the month of used_at."""
    load, ask = engine
    load([used("05"), used("2026-09-05")])
    shifted = SQL.replace(
        "FROM usage_events",
        "FROM (SELECT user_id, email, device_id, used_at, minutes, '{}' AS month FROM usage_events)",
    )
    assert [row.total_minutes for row in ask(shifted.format("2026-09"))] == [Decimal(1)]
    assert ask(shifted.format("2026-08")) == ask(shifted.format("2026-11")) == []


def test_no_events_no_rows(october: Query) -> None:
    assert october([]) == []


def test_a_month_is_from_its_first_instant_to_its_last(october: Query) -> None:
    events = [used(at) for at in ("01T00:00:00", "31T23:59:59.999999", "2026-09-30T23:59:59.999", "2026-11-01")]
    row = only(october(events))
    assert (row.total_minutes, row.previous_minutes) == (Decimal(2), Decimal(1))


def test_a_user_of_other_months_only_has_no_row(october: Query) -> None:
    assert october([used("2026-09-10"), used("2026-11-01"), used("2025-10-10"), used("2026-08-31T23:59:59")]) == []


def test_the_month_before_october_is_september_and_no_other(october: Query) -> None:
    row = only(october([used("05"), used("2026-08-31T23:59:59"), used("2025-09-10")]))
    assert (row.previous_minutes, row.change_percent) == (None, None)


def test_a_month_before_without_minutes_has_no_percentage(october: Query) -> None:
    row = only(october([used("05"), used("2026-09-05", "0")]))
    assert (row.previous_minutes, row.change_percent) == (Decimal(0), None)


def test_the_email_is_the_one_of_the_latest_event(october: Query) -> None:
    events = [used("05", email="new@example.com"), used("04", email="old@example.com")]
    assert only(october([*events, used("2026-11-02", email="later@example.com")])).email == "new@example.com"


def test_of_two_emails_at_one_instant_one_is_chosen_whatever_their_order(october: Query) -> None:
    events = [used("05", email=email) for email in ("", "b@example.com", "a@example.com")]
    assert only(october(events)).email == only(october(events[::-1])).email == "b@example.com"


def test_of_two_days_as_busy_the_earlier_is_the_busiest(october: Query) -> None:
    row = only(october([used("20", "3"), used("19", "1.5"), used("19T23:59:59", "1.5"), used("21", "2")]))
    assert (row.busiest_day, row.busiest_day_minutes) == (date(2026, 10, 19), Decimal(3))


def test_the_busiest_day_is_one_of_this_month(october: Query) -> None:
    row = only(october([used("2026-09-19", "99"), used("07", "2")]))
    assert (row.busiest_day, row.busiest_day_minutes) == (date(2026, 10, 7), Decimal(2))


def test_decimals_add_up_exactly(october: Query) -> None:
    assert only(october([used("07", "0.1") for _ in range(10)])).total_minutes == Decimal("1.000")


def test_an_empty_device_is_no_device(october: Query) -> None:
    assert (
        only(october([used("07", device_id=""), used("08", device_id="d"), used("09", device_id="d")])).device_count
        == 1
    )


HOSTILE = [
    "u",
    "U",
    " u",
    "",
    "'; DROP TABLE x --",
    'say "hi"',
    "a,b",
    "a\nb\r\n",
    "\u2028",
    "é",
    "e\u0301",
    "🦊",
    "\\n",
]
HOSTILE += [
    "NULL",
    "true",
    "1",
    "01",
    "1e5",
    "2026-10-17",
    "6F9619FF-8B86-D011-B42D-00CF4FC964FF",
    "{}",
    "%s",
    "x" * 128,
]
EDGES = [datetime(2026, month, 1, tzinfo=UTC) for month in (9, 10, 11)]
INSTANTS = st.one_of(
    st.sampled_from([edge + timedelta(milliseconds=shift) for edge in EDGES for shift in (-1, 0, 1)]),
    st.integers(-7 * 86_400, 65 * 86_400).map(lambda seconds: EDGES[0] + timedelta(seconds=seconds)),
)
EVENTS = st.builds(
    UsageEvent,
    user_id=st.one_of(st.sampled_from(HOSTILE), st.text(max_size=5)),
    email=st.sampled_from(["a@example.com", "b@example.com", ""]),
    device_id=st.sampled_from(["d-1", "d-2", "d-3", ""]),
    used_at=INSTANTS,
    minutes=st.one_of(
        st.sampled_from([Decimal("0.000"), Decimal("0.100"), Decimal("30.000")]),
        st.decimals(0, 10**6, places=3),
    ),
)


@example([used("01", user_id=user_id) for user_id in HOSTILE])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EVENTS, max_size=60))
def test_it_agrees_with_python(october: Query, events: list[UsageEvent]) -> None:
    assert october(events) == list(october_rows(events))


def test_a_percent_sign_is_written_as_it_is_meant(october: Query) -> None:
    sql = SQL.replace(
        "    FROM usage_events\n", "    FROM (SELECT * FROM usage_events WHERE email NOT LIKE '%@test.example')\n"
    )
    assert sql != SQL
    rows = october([used("03", user_id="ann"), used("03", user_id="bot", email="bot@test.example")], sql)
    assert [row.user_id for row in rows] == ["ann"]


@pytest.mark.parametrize("minutes", ["NaN", "Infinity", "-Infinity", "1e300", "1e15"])
def test_what_has_no_place_as_minutes_spoils_one_users_sums_only(october: Query, minutes: str) -> None:
    """A table of one's own may have duplicates in it."""
    doubles = (
        "(SELECT user_id, email, device_id, used_at, CASE device_id WHEN 'bad' THEN CAST('{}' AS double)"
        " ELSE CAST(minutes AS double) END AS minutes, month FROM usage_events) AS usage_events"
    )
    sql = SQL.replace("FROM usage_events", f"FROM {doubles.format(minutes)}")
    events = [
        used("03", "2", user_id="ann", device_id="bad"), used("04", "3", user_id="ann"),
        used("2026-09-03", "2", user_id="bob", device_id="bad"), used("03", "4", user_id="bob"),
        used("2026-09-03", "8", user_id="eve"), used("03", "4.125", user_id="eve"),
    ]  # fmt: skip
    ann, bob, eve = october(events, sql)
    assert (ann.total_minutes, ann.previous_minutes) == (None, None)
    assert (bob.total_minutes, bob.previous_minutes, bob.change_percent) == (Decimal(4), None, None)
    assert (eve.total_minutes, eve.previous_minutes) == (Decimal("4.125"), Decimal(8))
