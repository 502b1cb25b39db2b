"""Athena tells what a query scans; one that scans more than its work group allows is cancelled (source: athena-bytes,
athena-cutoff).
"""

import json

import pytest

from tests.conformance.account import Account, eventually, fresh
from tests.conformance.athena import Athena

LIMIT = 10_000_000
"""The least that a work group takes (source: botocore model)."""
MONTHS = ("2026-09", "2026-10")


@pytest.fixture(scope="module")
def athena(aws: Account) -> Athena:
    return Athena.new(aws)


@pytest.fixture(scope="module")
def group(athena: Athena) -> str:
    """A work group with the limit."""
    name = fresh("limited")
    configuration = {
        "BytesScannedCutoffPerQuery": LIMIT,
        "ResultConfiguration": {"OutputLocation": f"s3://{athena.bucket}/results/"},
    }
    athena.aws.client("athena").create_work_group(Name=name, Configuration=configuration)
    return name


@pytest.fixture(scope="module")
def table(athena: Athena) -> str:
    """Two months of 6 MB each."""
    lines = "\n".join([json.dumps({"user_id": "ann", "note": "x" * 1000})] * 6000)
    columns = {"user_id": "string", "note": "string"}
    return athena.monthly_table(columns, "2026-08,NOW", {f"{month}/a.jsonl": lines for month in MONTHS})


def ended(athena: Athena, query_id: str) -> dict[str, str]:
    """State and reason of a query that has come to its end."""

    def status() -> dict[str, str]:
        found: dict[str, str] = athena.execution(query_id)["Status"]
        return found if found["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") else {}

    return eventually(status)


def test_a_query_above_the_limit_is_cancelled(athena: Athena, group: str, table: str) -> None:
    """And says so in Athena's words."""
    status = ended(athena, athena.start(f"SELECT count(*) FROM {table}", WorkGroup=group))
    assert status["State"] == "CANCELLED"
    assert status["StateChangeReason"] == "Bytes scanned limit was exceeded"


def test_a_partition_that_is_not_asked_for_does_not_count(athena: Athena, group: str, table: str) -> None:
    """The one query would be cancelled with the other partition; without it, it ends well."""
    both = f"SELECT count(*) FROM {table} WHERE month >= '2026-09' AND month <= '2026-10'"
    one = f"SELECT count(*) FROM {table} WHERE month >= substr('2026-10-01', 1, 7)"
    states = [ended(athena, athena.start(sql, WorkGroup=group))["State"] for sql in (both, one)]
    assert states == ["CANCELLED", "SUCCEEDED"]


def test_the_limit_is_its_work_groups(athena: Athena, group: str, table: str) -> None:
    """The same query in another work group ends well."""
    sql = f"SELECT count(*) FROM {table}"
    states = [ended(athena, athena.start(sql, WorkGroup=name))["State"] for name in (group, "primary")]
    assert states == ["CANCELLED", "SUCCEEDED"]


def test_a_query_tells_the_bytes_of_the_partitions_that_it_reads(athena: Athena, table: str) -> None:
    """Whatever its result is."""
    size = 6000 * (len(json.dumps({"user_id": "ann", "note": "x" * 1000})) + 1) - 1
    for condition, months in (("", 2), (" WHERE month = '2026-10'", 1), (" WHERE month = '2026-08'", 0)):
        execution = athena.execution(athena.run(f"SELECT count(*) FROM {table}{condition}"))
        assert execution["Statistics"]["DataScannedInBytes"] == months * size
