"""mail/usage/query.sql sums by day first; it gives what three windows over every event gave (three_windows.sql).

The events are written into the query, because a table of one's own may hold what a usage file can't: NULLs, any text as
minutes, instants as close as one likes.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyathena import connect

from local.stack.embedded_aws import REGION, ROOT, EmbeddedAws
from shared.producing.query import filled
from tests.queries.test_monthly_usage import OCTOBER

NEW = (ROOT / "mail/usage/query.sql").read_text()
OLD = (Path(__file__).parent / "three_windows.sql").read_text()
BUCKET = "usage"
ANYTHING = [
    None,
    "",
    "NaN",
    "Infinity",
    "1e300",
    "999999999999999",
    "1e15",
    "abc",
    "-3",
    "0",
    "-0.001",
    "0.0005",
    "1.5",
    "2",
]

Rows = list[tuple[Any, ...]]


class Event(NamedTuple):
    """A row of the table, without its month."""

    user_id: str
    email: str | None
    device_id: str | None
    used_at: str
    minutes: str | None


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, list[Event]], Rows]]:
    """The rows of a query over these events."""
    aws = EmbeddedAws(log=tmp_path_factory.mktemp("engine") / "engine.log")
    aws.client("s3").create_bucket(Bucket=BUCKET)
    cursor = connect(
        s3_staging_dir=f"s3://{BUCKET}/results/", schema_name="default", region_name=REGION, endpoint_url=aws.url,
        poll_interval=0.02, aws_access_key_id="local", aws_secret_access_key="local",
    ).cursor()  # fmt: skip

    def run(sql: str, events: list[Event]) -> Rows:
        assert sql.count("FROM usage_events\n") == 1
        cursor.execute(filled(sql.replace("FROM usage_events\n", f"FROM {table(events)}\n"), {"period_start": OCTOBER}))
        return list(cursor.fetchall())  # type: ignore[arg-type]

    yield run
    aws.stop()


def table(events: list[Event]) -> str:
    rows = ", ".join(f"({', '.join(map(literal, event))}, '{event.used_at[:7]}')" for event in events)
    texts = ", ".join(f"CAST({name} AS varchar) AS {name}" for name in Event._fields if name != "used_at")
    values = f"(VALUES {rows}) AS v ({', '.join(Event._fields)}, month)"
    return f"(SELECT {texts}, CAST(used_at AS timestamp) AS used_at, month FROM {values}) AS usage_events"


def literal(text: str | None) -> str:
    return "NULL" if text is None else f"'{text}'"


EDGES = ["2026-08-31 23:59:59.999", "2026-09-01 00:00:00", "2026-09-30 23:59:59.999", "2026-10-01 00:00:00",
         "2026-10-01 23:59:59.999", "2026-10-02 00:00:00", "2026-10-31 23:59:59.999", "2026-11-01 00:00:00"]  # fmt: skip
INSTANTS = st.one_of(
    st.sampled_from(EDGES),
    st.builds("2026-{:02}-{:02} {:02}:00:00".format, st.integers(9, 10), st.integers(1, 4), st.sampled_from([0, 12])),
)
EVENTS = st.builds(
    Event,
    user_id=st.sampled_from(["ann", "bob", "Zoë"]),
    email=st.sampled_from([None, "", "a@example.com", "b@example.com", "B@example.com", "é@example.com"]),
    device_id=st.sampled_from([None, "", "d-1", "d-2"]),
    used_at=INSTANTS,
    minutes=st.one_of(
        st.sampled_from(ANYTHING), st.sampled_from(["1", "2", "3"]), st.decimals(0, 99, places=3).map(str)
    ),
)


def at(
    used_at: str, minutes: str | None = "1", email: str | None = "a@example.com", device_id: str | None = "d"
) -> Event:
    return Event("ann", email, device_id, used_at, minutes)


FOURTH, FIFTH = "2026-10-04 12:00:00", "2026-10-05 12:00:00"


@example([at(FIFTH, "2"), at(FOURTH, "2")]).via("two days as busy")
@example([at(FIFTH, None), at(FOURTH, "NaN")]).via("no day with minutes")
@example([at(FIFTH, None), at(FOURTH, "-3")]).via("a day without minutes against one below zero")
@example([at(FIFTH, "3"), at(FOURTH, "2"), at(FOURTH, "2", device_id="e")]).via("the busiest day by two devices")
@example([at(FIFTH), at(FOURTH), at(FOURTH, device_id="e"), at(FIFTH, device_id="")]).via("one device on two days")
@example([at(FIFTH, email=None, device_id="e"), at(FIFTH, email="")]).via("NULL and '' at one instant")
@example([at(FIFTH, email=None), at(FOURTH)]).via("the latest event has no email")
@example([at(FIFTH, email="b@example.com"), at(FIFTH), at(FIFTH, email=None)]).via("three emails at one instant")
@example([at(FOURTH, email="b@example.com"), at(FIFTH)]).via("the latest email is not the greatest")
@example([at("2026-10-05 09:00:00", email="b@example.com"), at(FIFTH)]).via("the latest email within a day")
@example([at("2026-09-04 12:00:00")]).via("a user of the month before only")
@example([at("2026-09-04 12:00:00", "99"), at(FIFTH)]).via("the month before is busier")
@example([at("2026-09-04 12:00:00", "NaN"), at("2026-09-05 12:00:00"), at(FIFTH)]).via("an odd month before")
@example([at("2026-09-04 12:00:00", "0"), at(FIFTH)]).via("nothing in the month before")
@example([at(FIFTH, "NaN", device_id="e"), at(FIFTH), at(FOURTH)]).via("odd minutes on one of two devices")
@example([at(edge) for edge in EDGES]).via("the edges of the months and of a day")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EVENTS, min_size=1, max_size=25))
def test_it_gives_what_three_windows_gave(ask: Callable[[str, list[Event]], Rows], events: list[Event]) -> None:
    assert ask(NEW, events) == ask(OLD, events)
