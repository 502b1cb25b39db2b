"""The stores that must keep the same promises: the fake, the one that parses the expressions, moto, and the embedded AWS.

The tables are made from deploy/tables.yml, so that the contract is held by the tables that are deployed.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import yaml
from botocore.exceptions import ClientError

from shared.aws.dynamodb import DynamoTable
from shared.aws.dynamodb_wire import from_wire, to_wire
from shared.store import Item, Store
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire
from tests.explorer.dynamo import DynamoClient, Table

TABLES = Path(__file__).resolve().parents[2] / "deploy" / "tables.yml"
T = TypeVar("T")


class Backend(Protocol):
    """One empty outbox table."""

    store: Store

    def put(self, item: Item) -> None:
        """Any item over whatever is there, as an operator does in the console."""

    def images(self) -> list[Item]:
        """The new images of the table's stream, oldest first."""

    def paged_by(self, size: int) -> AbstractContextManager[None]:
        """Context: a page of a query holds at most `size` entries."""

    def losing_answers(self) -> AbstractContextManager[None]:
        """Context: every first answer gets lost on its way, and the SDK repeats the same request."""


class RepeatingWire(Wire):
    """Carries calls out twice where answers are being lost: the first one never arrives."""

    repeats = False

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:  # noqa: ARG002
        if self.repeats:
            with suppress(ClientError):
                carry_out()
        return carry_out()

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        self.repeats = True
        try:
            yield
        finally:
            self.repeats = False


class Fake:
    """The table in memory."""

    def __init__(self) -> None:
        self._wire = RepeatingWire()
        self._table = FakeTable("outbox", ("user_id", "period"), lambda: datetime.now(UTC), self._wire)
        self.store: Store = self._table

    def put(self, item: Item) -> None:
        self._table.put(item)

    def images(self) -> list[Item]:
        return [from_wire(record["dynamodb"]["NewImage"]) for record in self._table.stream]

    @contextmanager
    def paged_by(self, size: int) -> Iterator[None]:  # noqa: ARG002 - a fake answers in one page
        yield

    def losing_answers(self) -> AbstractContextManager[None]:
        return self._wire.losing_answers()


class Rendered:
    """The explorer's table in memory: takes the requests that the adapter renders, and parses their expressions."""

    def __init__(self) -> None:
        self._wire = RepeatingWire()
        self._images: list[Item] = []
        self._table = Table(("user_id", "period"), on_change=lambda _, item: self._images.append(from_wire(item)))
        self._client = DynamoClient(lambda: datetime.now(UTC), self._wire, {"outbox": self._table})
        client: Any = self._client
        self.store: Store = DynamoTable(client, "outbox")

    def put(self, item: Item) -> None:
        self._table.keep(to_wire(item), datetime.now(UTC))

    def images(self) -> list[Item]:
        return list(self._images)

    @contextmanager
    def paged_by(self, size: int) -> Iterator[None]:
        before, self._client.items_a_page = self._client.items_a_page, size
        try:
            yield
        finally:
            self._client.items_a_page = before

    def losing_answers(self) -> AbstractContextManager[None]:
        return self._wire.losing_answers()


class Dynamo:
    """A table behind an endpoint that speaks DynamoDB."""

    def __init__(self, client: Any, streams: Any) -> None:
        self._client = client
        self._streams = streams
        self._name = f"outbox-{uuid.uuid4().hex[:10]}"
        made = client.create_table(**outbox_definition(self._name))
        self._stream_arn = made["TableDescription"]["LatestStreamArn"]
        self.store: Store = DynamoTable(client, self._name)

    def put(self, item: Item) -> None:
        self._client.put_item(TableName=self._name, Item=to_wire(item))

    def images(self) -> list[Item]:
        shards = self._streams.describe_stream(StreamArn=self._stream_arn)["StreamDescription"]["Shards"]
        return [image for shard in shards for image in self._shard(shard["ShardId"])]

    def _shard(self, shard_id: str) -> Iterator[Item]:
        position = self._streams.get_shard_iterator(
            StreamArn=self._stream_arn, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while position:
            page = self._streams.get_records(ShardIterator=position)
            yield from (from_wire(record["dynamodb"]["NewImage"]) for record in page["Records"])
            position = page.get("NextShardIterator") if page["Records"] else None

    @contextmanager
    def paged_by(self, size: int) -> Iterator[None]:
        def limit(params: dict[str, Any], **_: Any) -> dict[str, Any]:
            return {**params, "Limit": size}

        with self._hook("provide-client-params.dynamodb.Query", limit):
            yield

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        def repeat(attempts: int, **_: Any) -> float | None:
            return 0.0 if attempts == 1 else None

        with self._hook("needs-retry.dynamodb", repeat):
            yield

    @contextmanager
    def _hook(self, event: str, handler: Callable[..., Any]) -> Iterator[None]:
        """One of the SDK's own hooks (source: botocore, events)."""
        self._client.meta.events.register_first(event, handler)
        try:
            yield
        finally:
            self._client.meta.events.unregister(event, handler)


def outbox_definition(name: str) -> dict[str, Any]:
    """The CreateTable request of the deployed outbox."""
    properties = yaml.safe_load(TABLES.read_text())["Resources"]["OutboxTable"]["Properties"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "StreamSpecification")
    request = {key: properties[key] for key in wanted}
    stream = {"StreamEnabled": True, **request["StreamSpecification"]}
    return {**request, "StreamSpecification": stream, "TableName": name}
