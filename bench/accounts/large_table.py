"""An outbox of fourteen large months, behind the SDK's client. Each page is the text that DynamoDB would answer with, so that the
SDK reads it as it always does; what a page takes is declared (bench/look).
"""

import json
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.session import get_session

from ops.bill.units import ITEM_BYTES, READ_UNIT_BYTES
from shared.aws.dynamodb_wire import to_wire
from shared.keys import Key
from shared.outbox.filing import ATTRIBUTES
from shared.outbox.states import Status
from shared.sweeping.lap import SEGMENTS
from shared.times import to_text

MONTHS = 14
PAGE_BYTES = 2**20
"""Of a scan (source: ddb-page)."""
STEPS = ("produce", "claim", "begin_send", "mark_sent", "mark_delivered")


class LargeTable:
    """All is DELIVERED, users of fourteen months; thirteen are settled, so that a lap is given one item of fourteen."""

    def __init__(self, period: str, messages: int, at: Any) -> None:
        self.pages = -(-messages * MONTHS * ITEM_BYTES // PAGE_BYTES // SEGMENTS)
        """Of each segment."""
        self.given = PAGE_BYTES // ITEM_BYTES // MONTHS
        """Items of a page."""
        self.calls = 0
        self._items = self._page(period, to_text(at))
        self._period = period

    @property
    def messages(self) -> int:
        """Of the open month, all pages together."""
        return self.pages * self.given * SEGMENTS

    def client(self) -> Any:
        """The SDK's own; nothing leaves the process."""
        session = get_session()
        session.set_credentials("stand-in", "stand-in")
        client: Any = session.create_client("dynamodb", region_name="us-east-1", endpoint_url="http://127.0.0.1:9")
        client.meta.events.register("before-send.dynamodb.Scan", self._scan)
        client.meta.events.register("before-send.dynamodb.Query", self._query)
        return client

    def _scan(self, request: Any, **_: Any) -> AWSResponse:
        self.calls += 1
        asked = json.loads(request.body)
        page = int(asked.get("ExclusiveStartKey", {"user_id": {"S": "0"}})["user_id"]["S"]) + 1
        last = {"user_id": {"S": str(page)}, "period": {"S": self._period}} if page < self.pages else None
        units = {
            "TableName": "outbox",
            "CapacityUnits": PAGE_BYTES / READ_UNIT_BYTES / (1 if asked["ConsistentRead"] else 2),
        }
        return _answer(
            f'{{"Items":{self._items},"Count":{self.given},"ConsumedCapacity":{json.dumps(units)}'
            + (f',"LastEvaluatedKey":{json.dumps(last)}}}' if last else "}")
        )

    def _query(self, **_: Any) -> AWSResponse:
        """Nothing waits."""
        self.calls += 1
        return _answer('{"Items":[],"Count":0}')

    def _page(self, period: str, at: str) -> str:
        keys = (Key(f"user-{number:010}", period) for number in range(self.given))
        return json.dumps([to_wire(_delivered(key, at)) for key in keys])


def _delivered(key: Key, at: str) -> dict[str, Any]:
    """What the projection leaves of it."""
    item = {
        **key._asdict(),
        "status": Status.DELIVERED.value,
        "format": 1,
        "fence": 2,
        "history": dict.fromkeys(STEPS, at),
    }
    return {name: item[name] for name in ATTRIBUTES if name in item}


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Any:
        yield self._body


def _answer(body: str) -> AWSResponse:
    raw: Any = _Raw(body.encode())
    headers: Any = {"Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse("http://127.0.0.1:9", 200, headers, raw)
