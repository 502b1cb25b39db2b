"""A stand-in for AWS inside the process: it answers the SDK's finished HTTP requests.

The SDK builds, signs and parses as always; only the network is left out. Each call takes the time that is declared for
it, slept through by the thread that makes it. Of the messages put, a bit for each user is kept.
"""

import io
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from bench.producer import rows
from bench.producer.control import Control
from bench.producer.latencies import LATENCIES_MS, Latencies

OUTBOX = "outbox"
_USER = re.compile(rb'\{"S": ?"user-(\d+)"\}')
"""The user_id of an item that is put, by either call."""
_REFUSED = {"Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}}
_PUT = {"TableName": OUTBOX}
Answer = tuple[int, bytes]


class StandIn:
    """An account with one finished query of `rows` rows, and an empty outbox."""

    def __init__(self, rows: int, latencies_ms: Latencies = LATENCIES_MS) -> None:
        self.rows = rows
        self.calls: Counter[str] = Counter()
        self.put = self.refused = 0
        self.read = 0
        """Rows that were given out."""
        self.cpu_s = 0.0
        """What the stand-in itself has cost."""
        self.on_rows: Callable[[int], None] = lambda _: None
        self.sleep: Callable[[float], None] = time.sleep
        self.now: Callable[[], float] = time.monotonic
        self._latencies = {operation: (call / 1000, item / 1000) for operation, (call, item) in latencies_ms.items()}
        self._there = bytearray(rows // 8 + 1)
        self._control = Control()
        self._lock = Lock()
        plain: dict[str, Any] = {
            "DescribeTable": {"Table": {"TableId": "the outbox"}},
            "Scan": {"Items": []},
            "GetWorkGroup": {"WorkGroup": {"Name": "usage", "Configuration": {}}},
            "StartQueryExecution": {"QueryExecutionId": "query-1"},
            "GetQueryExecution": {"QueryExecution": {"QueryExecutionId": "query-1", "Status": {"State": "SUCCEEDED"}}},
            "GetAccount": {
                "ProductionAccessEnabled": True,
                "SendQuota": {"MaxSendRate": 200.0, "Max24HourSend": 500000.0},
            },
            "GetEmailIdentity": {"VerifiedForSendingStatus": True},
            "CreateEmailTemplate": {},
            "TestRenderEmailTemplate": {"RenderedTemplate": "20 h"},
        }
        self._plain = {operation: json.dumps(answer).encode() for operation, answer in plain.items()}

    def register(self, events: Any) -> None:
        """Takes the place of the network for all clients of a session that are made from now on."""
        events.register("before-send", self._respond)

    def _respond(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        began = time.thread_time()
        operation = event_name.rpartition(".")[2]
        body: Any = request.body or b""
        with self._lock:
            self.calls[operation] += 1
            (status, answer), items = self._answer(operation, body.encode() if isinstance(body, str) else body)
            self.cpu_s += time.thread_time() - began
        call_s, item_s = self._latencies.get(operation) or self._latencies.get("", (0, 0))
        self.sleep(call_s + items * item_s)
        return AWSResponse(request.url, status, HTTPHeaders(), _Raw(answer))

    def _answer(self, operation: str, body: bytes) -> tuple[Answer, int]:
        """Status and body, and how many items the call had."""
        match operation:
            case "BatchExecuteStatement":
                put = [self._keep(user) for user in _USER.findall(body)]
                return (200, json.dumps({"Responses": [_PUT if one else _REFUSED for one in put]}).encode()), len(put)
            case "PutItem":
                return ((200, b"{}") if self._keep(_USER.findall(body)[0]) else _condition_failed()), 1
            case "GetQueryResults":
                asked = json.loads(body)
                token = asked.get("NextToken", "")
                given = rows.page(self.rows, token, asked["MaxResults"])
                self.read += min(self.rows - int(token or 0), asked["MaxResults"] - (not token))
                self.on_rows(self.read)
                return (200, given), 0
            case "GetItem":
                item = self._control.get(json.loads(body))
                return (200, json.dumps({"Item": item} if item else {}).encode()), 0
            case "UpdateItem":
                asked = json.loads(body)
                changed = self._control.update(asked)
                if changed is None:
                    return _condition_failed(self._control.get(asked)), 0
                return (200, json.dumps({"Attributes": changed}).encode()), 0
            case "Invoke":
                return (202, b""), 0
        return (200, self._plain[operation]), 0

    def _keep(self, user: bytes) -> bool:
        """Whether the user had no message yet."""
        byte, bit = divmod(int(user), 8)
        fresh = not self._there[byte] & 1 << bit
        self._there[byte] |= 1 << bit
        self.put += fresh
        self.refused += not fresh
        return fresh


def _condition_failed(item: Any = None) -> Answer:
    """With what stood in the way, if that is asked for."""
    said = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "it is there"}
    return 400, json.dumps({**said, **({"Item": item} if item else {})}).encode()


class _Raw(io.BytesIO):
    """A body as the SDK reads it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()
