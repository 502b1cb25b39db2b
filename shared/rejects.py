"""Rows that could not become messages, as one JSON line each in S3."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from shared.periods import Period

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class RejectedRow:
    """`row` counts the query's rows from 1."""

    row: int
    user_id: str | None
    reason: str


class Rejects:
    """Where the rejected rows of each period are listed."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def store(self, period: Period, rows: Sequence[RejectedRow]) -> str:
        """Replaces the period's list; returns its s3:// address."""
        key = f"rejected/{period}.jsonl"
        body = "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body.encode(), ContentType="application/x-ndjson")
        return f"s3://{self._bucket}/{key}"
