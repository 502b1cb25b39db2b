"""One month on a deployed stack: produced, possibly killed in the middle and started again, and watched to its end."""

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.month.outbox_view import OutboxView, Statuses
from local.stack import engine_pages
from local.stack.deployment import Deployment
from shared.outbox.states import WAITING, Status
from shared.periods import Period

STUCK_AFTER_S = 120.0
_PRODUCER_TIMEOUT_S = 900
_FEEDBACK_GRACE_S = 10.0
# SES's events move these on within seconds, if there are any.
_EVENTS_TO_COME = (Status.SENT, Status.UNCERTAIN)
_LOOK_EVERY_S = 0.25
# Looking takes at most a tenth of the embedded AWS's time.
_LOOK_SHARE = 0.1

_OWN_FRAME = re.compile(r'File ".*?/((?:handlers|shared|mail)/[^"]+)", line (\d+)')

Watch = Callable[[Statuses], None]


class MonthError(Exception):
    """The month did not come to its end; the message says what stands in the way."""


class ProducerError(MonthError):
    """The producer ended in an error. `error_type` is Lambda's name for it; `place` the file and line, "" if unknown."""

    def __init__(self, period: Period, error_type: str, message: str, place: str = "") -> None:
        super().__init__(f"the producer ended with {error_type}: {message}")
        self.period = period
        self.error_type = error_type
        self.place = place


class StoppedError(MonthError):
    """The producer has found something that should not go to everybody unseen. `findings`: a word for each, its reason."""

    def __init__(self, period: Period, report: Mapping[str, Any], rejected: list[dict[str, Any]]) -> None:
        self.period = period
        self.rejected = rejected
        self.findings: dict[str, str] = dict(report["stopped_for"])
        self.produced: int = report["produced"]
        self.rejected_rows: str = report["rejected_rows"]
        reasons = "; ".join(f"{word}: {reason}" for word, reason in self.findings.items())
        super().__init__(f"the producer has stopped {period}: {reasons}")


class Month:
    """One period on the stack. `watch` is told the messages' statuses, again and again, while something runs."""

    def __init__(self, deployment: Deployment, period: Period, watch: Watch) -> None:
        self.period = period
        self._url = deployment.url
        self._outputs = deployment.outputs()
        self._lambda = deployment.client("lambda", read_timeout=_PRODUCER_TIMEOUT_S)
        self.outbox = OutboxView(deployment, period)
        self._s3 = deployment.client("s3")
        self._watch = watch
        self._looked_at = 0.0
        self._look_took_s = 0.0

    def kill_producer_after(self, messages: int) -> None:
        """Have the producer's process killed when that many messages are in the outbox."""
        engine_pages.kill_after(
            self._url,
            table=self._outputs["OutboxTableName"],
            new_items=messages,
            function=self._outputs["ProducerFunctionName"],
        )

    def call_off_kill(self) -> None:
        """Call the kill off, so that it hits no later run either."""
        with contextlib.suppress(OSError):  # an engine that is gone kills nothing
            engine_pages.disarm(self._url)

    def killed_pids(self) -> list[int]:
        """The producer processes that were killed as ordered."""
        return engine_pages.killed_pids(self._url)

    def produce(self) -> dict[str, Any]:
        """Run the producer to its end and return its report. Raises ProducerError, or StoppedError."""
        answers: list[Any] = []

        def invoke() -> None:
            try:
                answer = self._lambda.invoke(
                    FunctionName=self._outputs["ProducerFunctionName"],
                    Payload=json.dumps({"period": str(self.period)}),
                )
                answers.append((answer.get("FunctionError"), json.loads(answer["Payload"].read())))
            except Exception as error:
                answers.append(error)

        # A daemon: an interrupted demo does not wait for the month's end.
        running = threading.Thread(target=invoke, daemon=True)
        running.start()
        while running.is_alive():
            self.look()
        if isinstance(answers[0], Exception):
            raise answers[0]
        failed, payload = answers[0]
        if failed:
            error_type, message = payload.get("errorType", failed), payload.get("errorMessage", "")
            raise ProducerError(self.period, error_type, message, _place(payload.get("stackTrace", ())))
        report: dict[str, Any] = payload
        if report["state"] == "STOPPED":
            raise StoppedError(self.period, report, self.rejected_rows(report["rejected_rows"]))
        if report["state"] != "COMPLETED":
            raise ProducerError(self.period, report["state"], "its run goes on in another invocation")
        return report

    def finish(self) -> Statuses:
        """Watch until no message waits any more; then for a moment longer, for what the feedback has to tell.

        Raises MonthError when nothing moved for STUCK_AFTER_S.
        """
        moved_at, before = time.monotonic(), None
        while True:
            statuses = self.look()
            idle_s = time.monotonic() - moved_at
            if statuses != before:
                moved_at, before = time.monotonic(), statuses
            elif not any(statuses[status] for status in WAITING):
                if not any(statuses[status] for status in _EVENTS_TO_COME) or idle_s > _FEEDBACK_GRACE_S:
                    return statuses
            elif idle_s > STUCK_AFTER_S:
                raise MonthError(f"nothing moved for {STUCK_AFTER_S:.0f} s:\n{self.outbox.stuck()}")

    def rejected_rows(self, address: str) -> list[dict[str, Any]]:
        """The rows that the producer rejected, from under the s3:// address in its report; none if that is empty."""
        if not address:
            return []
        bucket, _, folder = address.removeprefix("s3://").partition("/")
        rows = []
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
            for found in page.get("Contents", ()):
                text = self._s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read().decode()
                rows += [json.loads(line) for line in text.split("\n") if line]  # a user_id may hold other separators
        return rows

    def look(self) -> Statuses:
        """Count the statuses and tell `watch`; slow enough not to hold up what it looks at."""
        time.sleep(max(0.0, self._looked_at + max(_LOOK_EVERY_S, self._look_took_s / _LOOK_SHARE) - time.monotonic()))
        self._looked_at = time.monotonic()
        statuses = self.outbox.statuses()
        self._look_took_s = time.monotonic() - self._looked_at
        self._watch(statuses)
        return statuses


def _place(frames: Iterable[str]) -> str:
    """The innermost frame in the product's own code, as its file and line."""
    own = [found for frame in frames if (found := _OWN_FRAME.search(frame))]
    return f"{own[-1][1]}, line {own[-1][2]}" if own else ""
