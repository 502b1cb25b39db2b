"""Ways to bring a month's rows into the outbox: the producer, and what else one would write."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from bench.producer.standin import OUTBOX, StandIn
from bench.producer.virtual_time import VirtualTime
from handlers import producer
from mail.usage.variables import template_data
from shared import wiring
from shared.aws.athena import Athena
from shared.aws.dynamodb import DynamoTable
from shared.aws.dynamodb_wire import to_wire
from shared.keys import Key
from shared.outbox.new_message import new_item
from shared.outbox.outbox import Outbox
from shared.periods import Period
from shared.rendering.addresses import usable_email
from shared.store import Item
from shared.times import utc_now

PERIOD = "2026-10"
TIMEOUT_S = 900
"""Of the function (serverless.yml)."""
WRITERS = 8
"""As many as the producer's."""


class NotProducedError(Exception):
    """A way has ended before every row was a message."""


@dataclass(frozen=True)
class Context:
    """What Lambda tells an invocation."""

    aws_request_id: str
    ends_at: float
    now: Callable[[], float]

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self.ends_at - self.now()))


def handler(stand_in: StandIn) -> Callable[[], int]:
    """The deployed function, started again as often as it asks for it; how often it was invoked."""
    producer.make_deps()  # a sandbox has its clients before the first row comes
    return _invoked(stand_in, time.monotonic, lambda context: producer.handler({"period": PERIOD}, context))


def virtual(stand_in: StandIn) -> Callable[[], int]:
    """The same in virtual time: its handler, whose threads take turns by the stand-in's clock."""
    clock = VirtualTime()
    stand_in.sleep, stand_in.now = clock.sleep, clock.now
    deployed = producer.make_deps()
    outbox = Outbox(DynamoTable(wiring.table(OUTBOX, WRITERS)._client, OUTBOX, WRITERS, clock.pool), utc_now)
    deps = replace(deployed, second_pass=replace(deployed.second_pass, outbox=outbox), ahead=clock.begin)

    def handle(context: Context) -> dict[str, Any]:
        return producer.handle({"period": PERIOD}, deps, context.aws_request_id, context.get_remaining_time_in_millis)

    return _invoked(stand_in, clock.now, handle)


def _invoked(
    stand_in: StandIn, now: Callable[[], float], handle: Callable[[Context], dict[str, Any]]
) -> Callable[[], int]:
    def invoked() -> int:
        invocations = 0
        while True:
            asked = stand_in.calls["Invoke"]
            invocations += 1
            report = handle(Context(f"invocation-{invocations}", now() + TIMEOUT_S, now))
            if report["state"] == "COMPLETED" and report["produced"] == stand_in.rows:
                return invocations
            if stand_in.calls["Invoke"] == asked:
                raise NotProducedError(f"the producer has ended with {report}")

    return invoked


def loop(stand_in: StandIn) -> Callable[[], int]:
    """Row by row, a conditional PutItem each."""

    def put_all(put: Callable[[Item], None], items: Iterable[Item]) -> None:
        for item in items:
            put(item)

    return _one_pass(stand_in, put_all)


def threads(stand_in: StandIn) -> Callable[[], int]:
    """The same, several at a time."""

    def put_all(put: Callable[[Item], None], items: Iterable[Item]) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(put, items))

    return _one_pass(stand_in, put_all)


def batches(_: StandIn) -> Callable[[], int]:
    """The producer's writes in the same single pass, for comparison with the two above."""
    store = wiring.table(OUTBOX, WRITERS)
    athena = _athena()

    def run() -> int:
        for items in _pages(athena):
            store.insert(items)
        return 1

    return run


WAYS: dict[str, Callable[[StandIn], Callable[[], int]]] = {
    "producer": handler,
    "virtual": virtual,
    "loop": loop,
    "threads": threads,
    "batches": batches,
}


def _one_pass(_: StandIn, put_all: Callable[[Callable[[Item], None], Iterable[Item]], None]) -> Callable[[], int]:
    client = wiring.session().client("dynamodb")
    athena = _athena()

    def put(item: Item) -> None:
        client.put_item(TableName=OUTBOX, Item=to_wire(item), ConditionExpression="attribute_not_exists(user_id)")

    def run() -> int:
        for items in _pages(athena):
            put_all(put, items)
        return 1

    return run


def _athena() -> Athena:
    return Athena(wiring.session(), "usage", "usage", "s3://usage/athena/")


def _pages(athena: Athena) -> Iterator[list[Item]]:
    """The messages of each page of the result, made as the producer makes them."""
    period, token = Period.parse(PERIOD), ""
    while True:
        page = athena.page("query-1", token)
        now = utc_now()
        yield [
            new_item(
                Key.of(row["user_id"], PERIOD), usable_email(row["email"]), template_data(row, period), "usage",
                "usage@example.com", now, now,
            )
            for row in page.rows
        ]  # fmt: skip
        if not page.next_token:
            return
        token = page.next_token
