"""Rejected rows in S3, as one JSON line each."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from shared.periods import Period
from shared.producing.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Rejects:
    """Lists of rejected rows, one object for each page of the result that has any."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def address(self, period: Period, attempt: int) -> str:
        """The s3:// address of the folder that holds them."""
        return f"s3://{self._bucket}/{_folder(period, attempt)}"

    def store(self, period: Period, attempt: int, rows: Sequence[RejectedRow]) -> None:
        """Lists a page's rejected rows, at least one. Storing a page again replaces its list."""
        body = "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
        key = f"{_folder(period, attempt)}{rows[0].row:09}.jsonl"
        self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=body.encode(errors="backslashreplace"),
            ContentType="application/x-ndjson",
        )


def _folder(period: Period, attempt: int) -> str:
    return f"rejected/{period}/{attempt}/"
