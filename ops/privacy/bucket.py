"""The usage bucket, as far as it holds what the stack has put there: rejected rows and the results of queries."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops import result_csv
from shared.rendering.mail_kind import Row

REJECTED, RESULTS = "rejected/", "athena/"


@dataclass(frozen=True)
class Bucket:
    """`client` is S3's. Raises ClientError, BotoCoreError."""

    client: Any
    name: str

    def keys(self, prefix: str) -> Iterator[str]:
        """Every object that begins so, in order."""
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
            yield from (one["Key"] for one in page.get("Contents", ()))

    def text(self, key: str) -> str:
        body: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body.decode(errors="replace")

    def rows(self, key: str) -> Iterator[Row]:
        """The rows of a result, as they come. Raises MalformedResultError."""
        yield from result_csv.rows(self.client.get_object(Bucket=self.name, Key=key)["Body"])

    def put(self, key: str, text: str) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=text.encode(), ContentType="application/x-ndjson")

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)


def rejected_of(user_id: str, text: str) -> tuple[list[dict[str, Any]], str]:
    """The user's rows in a list of rejected ones, and the list without them."""
    lines = [(line, json.loads(line)) for line in text.split("\n") if line]  # a user_id may hold other separators
    own = [row for _, row in lines if row.get("user_id") == user_id]
    others = "".join(f"{line}\n" for line, row in lines if row.get("user_id") != user_id)
    return own, others
