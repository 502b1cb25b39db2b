"""A witness beside the stack: a queue that hears the same events of SES as `feedback`, and counts for itself."""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ops.accept.cohort import PERIOD
from ops.errors import RefusedError
from shared.keys import from_tag
from shared.rendering.tags import CONFIGURATION_SET_TAG, PERIOD_TAG, USER_TAG
from shared.times import from_text, to_micros

MARKER = "onlyonce.accept"
"""The source of our own event, by which it is seen that the rule works."""
RULE_WITHIN_S = 120
"""A new rule takes a while to work (source: rule-takes-effect)."""


@dataclass
class Heard:
    """The events of one user's mails. An event may come more than once (source: ses-events-best-effort)."""

    sent: set[str] = field(default_factory=set)
    """SES's ids of the mails that it accepted: one for each mail."""
    types: set[str] = field(default_factory=set)
    subtypes: set[str] = field(default_factory=set)
    delays_ms: list[int] = field(default_factory=list)
    """From the mail's acceptance until its Send event was in the queue."""


class Witness:
    """One run's queue and rule. `heard` by user_id."""

    def __init__(self, name: str, stack: str, place: str, sqs: Any, events: Any, poll_s: int = 1) -> None:
        """`place`: partition, region and account, as `aws:REGION:ACCOUNT`, of its queue and rule."""
        self.name = name
        self._partition, self._region, self._account = place.split(":")
        self.heard: dict[str, Heard] = defaultdict(Heard)
        self._stack = stack
        self._sqs = sqs
        self._poll_s = poll_s
        self._events = events
        self._queue = ""
        self._marked = False

    def begin(self) -> None:
        """The queue comes first: where a run is interrupted, its name shows the next one what to clean up."""
        queue, rule = self._arn("sqs", self.name), self._arn("events", f"rule/{self.name}")
        self._queue = self._sqs.create_queue(
            QueueName=self.name,
            Attributes={
                "Policy": _policy(queue, rule),
                "MessageRetentionPeriod": "3600",
                "SqsManagedSseEnabled": "true",
            },
        )["QueueUrl"]
        tags = {CONFIGURATION_SET_TAG: [self._stack], PERIOD_TAG: [PERIOD]}
        pattern = {"source": ["aws.ses", MARKER], "detail": {"mail": {"tags": tags}}}
        self._events.put_rule(Name=self.name, EventPattern=json.dumps(pattern), State="ENABLED")
        self._events.put_targets(Rule=self.name, Targets=[{"Id": "witness", "Arn": queue}])

    def wait_until_it_hears(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """Raises RefusedError if the rule does not work in time."""
        tags = {CONFIGURATION_SET_TAG: [self._stack], PERIOD_TAG: [PERIOD]}
        event = {"Source": MARKER, "DetailType": "marker", "Detail": json.dumps({"mail": {"tags": tags}})}
        for _ in range(RULE_WITHIN_S):
            self._events.put_events(Entries=[event])
            self.listen()
            if self._marked:
                return
            sleep(1)
        raise RefusedError(
            f"the rule {self.name} brought no event within {RULE_WITHIN_S} s: is EventBridge at work here?"
        )

    def listen(self) -> None:
        """Takes in what has come since. It waits for a second, because SQS else asks some of its servers only (source:
        sqs-long-polling).
        """
        while messages := self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=self._poll_s, AttributeNames=["SentTimestamp"]
        ).get("Messages"):
            for message in messages:
                self._take(json.loads(message["Body"]), int(message.get("Attributes", {}).get("SentTimestamp", 0)))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])

    def _take(self, event: dict[str, Any], queued_ms: int) -> None:
        detail = event["detail"]
        if event["source"] == MARKER:
            self._marked = True
            return
        heard = self.heard[from_tag(detail["mail"]["tags"][USER_TAG][0])]
        kind = detail["eventType"]
        heard.types.add(kind)
        heard.subtypes |= {subtype} if (subtype := detail.get("bounce", {}).get("bounceSubType")) else set()
        if kind == "Send":
            heard.sent.add(detail["mail"]["messageId"])
            heard.delays_ms.append(max(0, queued_ms - to_micros(from_text(detail["mail"]["timestamp"])) // 1000))

    def _arn(self, service: str, name: str) -> str:
        return f"arn:{self._partition}:{service}:{self._region}:{self._account}:{name}"

    def end(self) -> None:
        """Safe to repeat; each part may be gone. The queue goes last."""
        with suppress(self._events.exceptions.ResourceNotFoundException):
            self._events.remove_targets(Rule=self.name, Ids=["witness"])
        with suppress(self._events.exceptions.ResourceNotFoundException):
            self._events.delete_rule(Name=self.name)
        with suppress(self._sqs.exceptions.QueueDoesNotExist):
            self._sqs.delete_queue(QueueUrl=self._queue or self._sqs.get_queue_url(QueueName=self.name)["QueueUrl"])


def _policy(queue: str, rule: str) -> str:
    statement = {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Principal": {"Service": "events.amazonaws.com"},
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
