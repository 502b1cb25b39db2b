"""One event source mapping of a DynamoDB stream: reads the stream, filters, batches, and keeps its checkpoint.

A reader thread deals the records out to ParallelizationFactor lanes by the item's key, so that batches run
concurrently and each item's records keep their order (source: Lambda developer guide, "Process DynamoDB records with
Lambda").
"""

import contextvars
import functools
import json
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import cloudwatch, dynamodb, eventbridge, lambda_svc

from local.engine.checkpoint import Checkpoint
from local.engine.stream_batch import BatchRun, Discard, Record, Settings

_READ_AHEAD = 1000
_IDLE_S = 0.03


class StreamMapping:
    """The threads of one mapping; they end when the mapping is deleted or its table's stream is another."""

    def __init__(
        self, account: str, region: str, mapping: dict[str, Any], on_discard: Callable[[dict[str, Any], Discard], None]
    ) -> None:
        self._account, self._region, self._mapping, self._on_discard = account, region, mapping, on_discard
        self._table = mapping["EventSourceArn"].split("/")[1]
        self._lock = threading.Condition()
        self._lanes: list[deque[tuple[int, Record]]] = []
        self._busy = 0
        self._checkpoint = Checkpoint(mapping["UUID"], self._table)

    def start(self) -> None:
        """Begin to read, at the mapping's checkpoint."""
        self._start(self._read)

    def _start(self, run: Callable[..., None], *arguments: Any) -> None:
        """Run in a thread whose context is the mapping's account and region."""

        def scoped() -> None:
            set_request_account_id(self._account)
            set_request_region(self._region)
            run(*arguments)

        threading.Thread(target=contextvars.Context().run, args=(scoped,), name="stream-mapping", daemon=True).start()

    @property
    def ended(self) -> bool:
        """Whether the mapping is gone, or reads a stream that its table no longer has."""
        table = dynamodb._tables.get_scoped(self._account, self._region, self._table)
        current = lambda_svc._esms.get_scoped(self._account, self._region, self._mapping["UUID"])
        return (
            current is not self._mapping or not table or table.get("LatestStreamArn") != self._mapping["EventSourceArn"]
        )

    def _paused(self) -> bool:
        return str(self._mapping.get("Enabled", True)).lower() != "true"

    # The reader.

    def _read(self) -> None:
        while not self.ended:
            self._deal_out()
            # The number of lanes changes only when they are empty, or an item's records could overtake each other.
            with self._lock:
                while (self._busy or any(self._lanes)) and not self.ended:
                    self._lock.wait(0.5)

    def _deal_out(self) -> None:
        """Read and deal out with one ParallelizationFactor until that is another."""
        factor = int(self._mapping.get("ParallelizationFactor", 1))
        self._lanes = [deque() for _ in range(factor)]
        for lane in self._lanes:
            self._start(self._work, lane, self._lanes)
        position = self._checkpoint.resume()
        while not self.ended and int(self._mapping.get("ParallelizationFactor", 1)) == factor:
            most = max(_READ_AHEAD, 2 * self._batch_size())
            position = max(position, dynamodb.stream_start_position(self._table))
            full = any(len(lane) >= most for lane in self._lanes)
            records = (
                [] if self._paused() or full else dynamodb.stream_records_since(self._table, position, _READ_AHEAD)
            )
            if not records:
                time.sleep(_IDLE_S)
                continue
            numbered = list(enumerate(records, start=position))
            matching = [(number, record) for number, record in numbered if self._matches(record)]
            with self._lock:
                for number, record in matching:
                    self._lanes[lane_of(record, factor)].append((number, record))
                self._lock.notify_all()
            self._checkpoint.finish({number for number, _record in numbered} - {number for number, _record in matching})
            position += len(records)

    def _matches(self, record: Record) -> bool:
        """Whether any filter matches, EventBridge's syntax being the filters'; without filters everything does."""
        patterns = [f["Pattern"] for f in (self._mapping.get("FilterCriteria") or {}).get("Filters") or []]
        return not patterns or any(
            eventbridge._matches_detail(record, alternative)
            for pattern in patterns
            for alternative in eventbridge._compiled_pattern(pattern) or ()
        )

    # The lanes.

    def _work(self, lane: deque[tuple[int, Record]], lanes: list[deque[tuple[int, Record]]]) -> None:
        while batch := self._next_batch(lane, lanes):
            numbers = {id(record): number for number, record in batch}
            run = BatchRun(
                settings=lambda: Settings.of(self._mapping),
                invoke=self._invoke,
                done=functools.partial(self._finish, numbers),
                discard=functools.partial(self._discard, numbers),
                stopped=lambda: self.ended,
            )
            run.process([record for _number, record in batch])
            with self._lock:
                self._busy -= 1
                self._lock.notify_all()

    def _next_batch(
        self, lane: deque[tuple[int, Record]], lanes: list[deque[tuple[int, Record]]]
    ) -> list[tuple[int, Record]]:
        """The next batch, once it is full or its window is over; none when this lane is no longer in use."""
        window_s = float(self._mapping.get("MaximumBatchingWindowInSeconds", 0))
        with self._lock:
            while not lane or self._paused():
                if self.ended or lanes is not self._lanes:
                    return []
                self._lock.wait(0.2)
            closes_at = time.monotonic() + window_s
            while len(lane) < self._batch_size() and (left_s := closes_at - time.monotonic()) > 0:
                self._lock.wait(left_s)
            self._busy += 1
            return [lane.popleft() for _ in range(min(len(lane), self._batch_size()))]

    def _batch_size(self) -> int:
        return int(self._mapping.get("BatchSize", 100))

    def _invoke(self, records: list[Record]) -> dict[str, Any]:
        while self._paused() and not self.ended:
            time.sleep(_IDLE_S)
        function, _config = lambda_svc._get_func_record_for_qualifier(
            self._mapping["FunctionName"], self._mapping.get("Qualifier")
        )
        if function is None or self.ended:
            return {"throttle": True}
        self._measure_age(records)
        result: dict[str, Any] = lambda_svc._execute_function(function, {"Records": records})
        if not result.get("throttle"):
            self._mapping["LastProcessingResult"] = "PROBLEM: Function call failed" if result.get("error") else "OK"
        return result

    def _measure_age(self, records: list[Record]) -> None:
        """How old the batch's last record is now (source: lambda-iterator-age)."""
        age_ms = 1000 * max(0.0, time.time() - records[-1]["dynamodb"]["ApproximateCreationDateTime"])
        about = {"FunctionName": self._mapping["FunctionName"]}
        cloudwatch.record_metric("AWS/Lambda", "IteratorAge", age_ms, "Milliseconds", about)

    def _discard(self, numbers: dict[int, int], discard: Discard) -> None:
        self._on_discard(self._mapping, discard)
        self._finish(numbers, discard.records)

    def _finish(self, numbers: dict[int, int], records: list[Record]) -> None:
        self._checkpoint.finish([numbers[id(record)] for record in records])


def lane_of(record: Record, lanes: int) -> int:
    """The lane of the record's item: always the same one."""
    return zlib.crc32(json.dumps(record["dynamodb"]["Keys"], sort_keys=True).encode()) % lanes
