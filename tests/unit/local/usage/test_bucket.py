"""Loading: all of the events or none, as JSON lines that lose nothing."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from local.usage import bucket
from local.usage.csv_file import UsageEvent, UsageFileError
from shared.rendering.mail_kind import MailFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT = datetime(2026, 10, 17, 9, 30, tzinfo=UTC)
BUCKET = "usage"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator["S3Client"]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="local", aws_secret_access_key="local")
        client.create_bucket(Bucket=BUCKET)
        yield client


def event(user_id: str = "u-1", at: datetime = AT, minutes: str = "1.000") -> UsageEvent:
    return UsageEvent(user_id, "a@example.com", "d-1", at, Decimal(minutes))


def loaded(s3: "S3Client") -> list[str]:
    """The user ids that the table holds."""
    objects = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    bodies = [s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read() for item in objects]
    return [json.loads(line)["user_id"] for body in bodies for line in gzip.decompress(body).splitlines()]


def test_a_second_load_replaces_the_first(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "_EVENTS_IN_A_PART", 2)
    assert bucket.load(s3, BUCKET, map(event, "abcde")) == 5
    assert loaded(s3) == list("abcde")
    assert bucket.load(s3, BUCKET, map(event, "xy")) == 2
    assert loaded(s3) == list("xy")


def test_nothing_is_loaded_from_a_file_that_ends_in_an_error(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "_EVENTS_IN_A_PART", 2)
    bucket.load(s3, BUCKET, map(event, "ab"))

    def wrong_in_the_end() -> Iterator[UsageEvent]:
        yield from map(event, "uvwxyz")
        raise UsageFileError("line 8")

    with pytest.raises(UsageFileError, match="line 8"):
        bucket.load(s3, BUCKET, wrong_in_the_end())
    assert loaded(s3) == list("ab")


def test_an_event_lies_in_the_folder_of_its_month(s3: "S3Client") -> None:
    last = datetime(2026, 9, 30, 23, 59, 59, 999_999, tzinfo=UTC)
    bucket.load(s3, BUCKET, [event("a"), event("b", last), event("c", last + timedelta(microseconds=1)), event("d")])
    objects = {
        item["Key"].rpartition("/")[0]: gzip.decompress(s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read())
        for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    }
    users = {folder: [json.loads(line)["user_id"] for line in lines.splitlines()] for folder, lines in objects.items()}
    assert users == {"usage_events/2026-09": ["b"], "usage_events/2026-10": ["a", "c", "d"]}


@given(user_id=st.text(), email=st.text(), device_id=st.text())
def test_a_line_is_ascii_and_carries_any_text(user_id: str, email: str, device_id: str) -> None:
    line = bucket.json_line(UsageEvent(user_id, email, device_id, AT, Decimal("12.500")))
    assert line.isascii()
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert json.loads(line, parse_float=Decimal) == {
        "user_id": user_id,
        "email": email,
        "device_id": device_id,
        "used_at": "2026-10-17 09:30:00.000",
        "minutes": Decimal("12.500"),
    }


def test_the_last_microsecond_of_a_month_stays_in_it() -> None:
    line = bucket.json_line(event(at=datetime(2026, 10, 31, 23, 59, 59, 999_999, tzinfo=UTC)))
    assert json.loads(line)["used_at"] == "2026-10-31 23:59:59.999"


def test_the_table_is_found_by_its_place_in_the_bucket(tmp_path: Path) -> None:
    files = MailFiles(tmp_path, "digest")
    table = tmp_path / files.table
    table.parent.mkdir(parents=True)
    table.write_text(
        "CREATE EXTERNAL TABLE visits (\n    user_id string\n)\nLOCATION 's3://amzn-s3-demo-bucket/my/visits/'\n"
    )
    assert bucket.prefix(files) == bucket.folders(files) == "my/visits/", "it has no partitions"
    table.write_text("CREATE EXTERNAL TABLE visits (\n    user_id string\n)\n")
    with pytest.raises(bucket.EventsTableError, match=r"^mail/digest/events.ddl.sql: wanted is LOCATION "):
        bucket.prefix(files)
