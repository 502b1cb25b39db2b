"""One batch of a DynamoDB stream on its way through a function: success, retry, split or discard.

The rules (source: Lambda developer guide, "Process DynamoDB records with Lambda", "Configuring partial batch response
with DynamoDB and Lambda", and CreateEventSourceMapping in the API reference):
- a batch is retried until it succeeds, or was retried MaximumRetryAttempts times, or its records are older than
  MaximumRecordAgeInSeconds (-1, the default of both: no limit); then it is discarded, with a notice to OnFailure;
- a throttle, where the batch did not reach the function, is no attempt;
- with BisectBatchOnFunctionError a failed batch is split in two, which does not count as an attempt;
- with ReportBatchItemFailures the lowest reported sequence number is the checkpoint: what is before it is done. No
  failures, an empty answer or null mean success; an identifier that is empty, misnamed or unknown fails the batch.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]
_BACKOFF_BASE_S, _BACKOFF_MOST_S = 0.2, 5.0
_THROTTLE_BASE_S, _THROTTLE_MOST_S = 0.05, 1.0


@dataclass(frozen=True)
class Settings:
    """What a mapping says about failures."""

    maximum_retry_attempts: int = -1
    maximum_record_age_s: int = -1
    bisect: bool = False
    report_item_failures: bool = False

    @classmethod
    def of(cls, mapping: dict[str, Any]) -> "Settings":
        """Read them from a mapping's record; CloudFormation may have given numbers as text."""
        return cls(
            maximum_retry_attempts=int(mapping.get("MaximumRetryAttempts", -1)),
            maximum_record_age_s=int(mapping.get("MaximumRecordAgeInSeconds", -1)),
            bisect=str(mapping.get("BisectBatchOnFunctionError", False)).lower() == "true",
            report_item_failures="ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or []),
        )


@dataclass(frozen=True)
class Discard:
    """Records that are given up, and why."""

    records: list[Record]
    condition: str
    invocations: int
    function_error: str | None


@dataclass
class BatchRun:
    """Takes a batch to its end, blocking; `invoke` runs the function, `done` and `discard` hear what became of it."""

    settings: Callable[[], Settings]
    invoke: Callable[[list[Record]], dict[str, Any]]
    done: Callable[[list[Record]], None]
    discard: Callable[[Discard], None]
    stopped: Callable[[], bool]
    _throttles: int = field(default=0, init=False)

    def process(self, records: list[Record]) -> None:
        """Return when every record is done or discarded, or when the mapping was stopped."""
        failures = invocations = 0
        error: str | None = None
        while records and not self.stopped():
            settings = self.settings()
            records = self._without_expired(records, settings, invocations, error)
            if not records:
                return
            result = self.invoke(records)
            if result.get("throttle"):
                self._pause(_THROTTLE_BASE_S, self._throttles, _THROTTLE_MOST_S)
                self._throttles += 1
                continue
            self._throttles = 0
            invocations += 1
            error = (result.get("function_error") or "Unhandled") if result.get("error") else None
            successes = 0 if error else count_successes(result.get("body"), records, settings)
            self.done(records[:successes])
            records = records[successes:]
            if not records:
                return
            if settings.bisect and (successes or len(records) > 1):
                # Split where the function said, or else in the middle.
                middle = 0 if successes else len(records) // 2
                self._pause(_BACKOFF_BASE_S, 0, _BACKOFF_MOST_S)
                if not middle:
                    failures = invocations = 0
                    continue
                self.process(records[:middle])
                self.process(records[middle:])
                return
            failures += 1
            if 0 <= settings.maximum_retry_attempts < failures:
                self.discard(Discard(records, "RetryAttemptsExhausted", invocations, error))
                return
            self._pause(_BACKOFF_BASE_S, failures - 1, _BACKOFF_MOST_S)

    def _without_expired(
        self, records: list[Record], settings: Settings, invocations: int, error: str | None
    ) -> list[Record]:
        if settings.maximum_record_age_s < 0:
            return records
        oldest = time.time() - settings.maximum_record_age_s
        fresh = [r for r in records if r["dynamodb"]["ApproximateCreationDateTime"] >= oldest]
        expired = records[: len(records) - len(fresh)]
        if expired:
            self.discard(Discard(expired, "MaxRecordAgeExceeded", invocations, error))
        return fresh

    def _pause(self, base_s: float, exponent: int, most_s: float) -> None:
        """Wait before a retry, ending early when the mapping is stopped."""
        resume_at = time.monotonic() + min(base_s * 2 ** min(exponent, 16), most_s)
        while not self.stopped() and (left_s := resume_at - time.monotonic()) > 0:
            time.sleep(min(left_s, 0.2))


def count_successes(answer: Any, records: list[Record], settings: Settings) -> int:
    """How many records, from the first on, the function's answer makes done."""
    if not settings.report_item_failures or not answer:
        return len(records)
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return len(records)
    position = {record["dynamodb"]["SequenceNumber"]: index for index, record in enumerate(records)}
    try:
        return min(position[failure["itemIdentifier"]] for failure in failures)
    except (KeyError, TypeError):
        return 0
