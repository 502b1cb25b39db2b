"""An operator's session, in a world on the fakes."""

import io
from collections.abc import Callable, Collection, Iterator
from threading import RLock
from typing import Any, TypeVar

from rich.console import Console

from ops.commands.order import Order
from ops.main import parse
from ops.privacy.bucket import Bucket
from ops.session import Session, campaign_of
from shared.errors import FunctionStartError
from shared.keys import Key
from shared.outbox.states import Status
from shared.producing.open_runs import OpenRuns
from shared.producing.run_records import RunRecords
from shared.store import Item
from simulation.fakes.producing import FakeAccount
from simulation.fakes.wire import Wire
from simulation.stack import PERIOD
from simulation.world import World
from tests.contract.protocol import item_in
from tests.unit.ops.doctor.answers import STAGE, Answers

T = TypeVar("T")


class Files:
    """S3's client, as far as a bucket of small objects needs it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get_paginator(self, operation: str) -> "Files":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Prefix: str, **_: str) -> Iterator[dict[str, Any]]:  # S3's names
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        yield {"Contents": [{"Key": key} for key in keys]} if keys else {}

    def get_object(self, *, Key: str, **_: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, *, Key: str, Body: bytes, **_: str) -> None:
        self.objects[Key] = Body

    def delete_object(self, *, Key: str, **_: str) -> None:
        del self.objects[Key]


class Office:
    """Types commands and keeps what they print. `answers` are what is typed at each question."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.answers: list[str] = []
        self.asked: list[str] = []
        self.produced: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        """Mails outside the outbox."""
        self.refuses: Exception | None = None
        """What such an ask meets."""
        self.elsewhere: list[Item] = []
        """The items of the restored table."""
        self.sweeper_is_unavailable = False
        self.aws = Answers()
        self.files = Files()
        self._output = io.StringIO()
        control = world.control_table
        self.session = Session(
            name="onlyonce-test",
            stage=STAGE,
            read=self.aws,
            messages=world.outbox_table,
            control=control,
            outbox=world.outbox(),
            pin=world.pin(),
            campaign=campaign_of(control, world.clock),
            runs=RunRecords(control, world.clock),
            open_runs=OpenRuns(control, world.clock),
            accounting=world.accounting(),
            unsubscribed=world.unsubscribed,
            athena=self._athena,
            account=lambda: FakeAccount(world.wire, world.make_template),
            bucket=lambda: Bucket(self.files, "usage"),
            scan=self._scan,
            find=self._find,
            produce=self._produce,
            sweep=self._sweep,
            send=self._send,
            caller=lambda: "arn:aws:iam::1:user/ann",
            clock=world.clock,
            console=Console(file=self._output, width=200, markup=False, highlight=False, emoji=False),
            ask=self._ask,
        )

    def type(self, *words: str) -> int:
        """One command; its exit status. Raises RefusedError, or UnclearError for one that can't be understood."""
        self._output.truncate(0)
        self._output.seek(0)
        order = parse([*words, "--stage", "test"])
        assert isinstance(order, Order)
        return order.carry_out(self.session)

    @property
    def shown(self) -> str:
        """What the last command printed."""
        return self._output.getvalue()

    def _ask(self, question: str) -> str:
        self.asked.append(question)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)

    def _produce(self, event: dict[str, Any]) -> dict[str, Any]:
        self.produced.append(event)
        return self.world.produce(event)

    def _send(self, request: dict[str, Any]) -> str:
        if self.refuses:
            raise self.refuses
        self.sent.append(request)
        return "ses-test"

    def _athena(self, *_: str) -> Any:
        return self.world.athena

    def _sweep(self) -> None:
        if self.sweeper_is_unavailable:
            raise FunctionStartError("Rate exceeded")
        self.world.sweep()

    def _find(self, period: str, statuses: Collection[Status]) -> Iterator[Item]:
        wanted = (one for one in self.world.outbox_table.items() if one["period"] == period)
        yield from (one for one in wanted if one["status"] in statuses)

    def _scan(self, table: str) -> Iterator[Item]:
        if table == STAGE.outbox_table:
            yield from self.world.outbox_table.items()
            return
        if table == STAGE.control_table:
            yield from self.world.control_table.items()
            return
        assert table == "restored"
        yield from self.elsewhere


class Meddling(Wire):
    """Does something right before the next write of the outbox, as another worker would; all others come after it."""

    meddle: Callable[[], None] | None = None
    fails: Exception | None = None
    """Raised in place of each write's answer."""

    def __init__(self) -> None:
        self._meddling = RLock()

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        if operation == "outbox.UpdateItem":
            with self._meddling:
                meddle, self.meddle = self.meddle, None
                if meddle:
                    meddle()
            if self.fails:
                raise self.fails
        return carry_out()


def put(world: World, user_id: str, status: Status, period: str = PERIOD, **changes: Any) -> Item:
    """A message of that user; None in `changes` takes an attribute away."""
    item = {**item_in(status, Key(user_id, period)), "email": f"{user_id}@example.com", **changes}
    item = {name: value for name, value in item.items() if value is not None}
    world.outbox_table.put(item)
    return item


def item(world: World, user_id: str, period: str = PERIOD) -> Item:
    found = world.outbox_table.get({"user_id": user_id, "period": period})
    assert found is not None
    return found
