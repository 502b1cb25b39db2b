"""Rows that could not become messages, as one JSON line each in S3."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from shared.keys import USER_ID_MAX_BYTES
from shared.periods import Period

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class RejectedRow:
    """`row` counts the query's rows from 1; `reason` begins with the column that can't be used. Of a user_id that is too
    long, its beginning.
    """

    row: int
    column: str
    user_id: str | None
    reason: str

    @classmethod
    def of(cls, row: int, user_id: str | None, error: Exception) -> "RejectedRow":
        shown = user_id if user_id is None or len(user_id) <= USER_ID_MAX_BYTES else f"{user_id[:USER_ID_MAX_BYTES]}…"
        return cls(row, str(error).split(maxsplit=1)[0], shown, str(error))


class Rejects:
    """Where the rejected rows of each period are listed: an object for each page of the result that has any."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def address(self, period: Period, attempt: int) -> str:
        """The s3:// address under which they are."""
        return f"s3://{self._bucket}/{_folder(period, attempt)}"

    def store(self, period: Period, attempt: int, rows: Sequence[RejectedRow]) -> None:
        """Lists a page's rows. Done again, it replaces the same list."""
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
