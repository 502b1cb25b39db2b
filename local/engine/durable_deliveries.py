"""What is on its way to a function, on disk before it is acknowledged: asynchronous invocations, and SES's events."""

import dataclasses
import json
import time
import uuid
from typing import Any

from local.engine.journal import Journal
from local.engine.mends import lambda_async
from local.engine.mends.lambda_async import Delivery
from local.engine.mends.ses import delivery, events
from local.engine.mends.ses.delivery import Event


class DurableDeliveries:
    """Each is in the journal until it is through, so it comes at least once; its tries begin anew with the engine."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def install(self) -> None:
        """Listen to what is accepted and what is through."""
        lambda_async.keep, lambda_async.forget = self.keep_invocation, self.forget
        delivery.keep, delivery.forget = self.keep_event, self.forget

    def keep_invocation(self, invocation: Delivery) -> None:
        """Journal an event for a function."""
        self._keep(invocation, "invocations", [invocation.function_arn, invocation.event])

    def keep_event(self, event: Event) -> None:
        """Journal what SES has to tell."""
        self._keep(event, "ses", dataclasses.asdict(event))

    def forget(self, through: Delivery | Event) -> None:
        """Strike it out."""
        self._journal.drop_now("deliveries", through.kept_as)

    def restore(self) -> None:
        """Read what was on its way when the engine died."""
        self._left = list(self._journal.rows("deliveries"))

    def resume(self) -> None:
        """Send it on, in the order in which it was accepted."""
        for identity, queue, what in self._left:
            about = json.loads(str(what))
            if queue == "invocations":
                lambda_async.queue.accept(*about)
            else:
                again = Event(**{**about, "kind": events.Kind(**_kind(about["kind"]))})
                self.keep_event(again)
                delivery.tell(again, 0.0)
            self._journal.drop_now("deliveries", str(identity))

    def _keep(self, kept: Delivery | Event, queue: str, what: Any) -> None:
        kept.kept_as = f"{time.time_ns():020}-{uuid.uuid4()}"
        self._journal.put_now("deliveries", kept.kept_as, queue, json.dumps(what))


def _kind(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "times": tuple(fields["times"])}
