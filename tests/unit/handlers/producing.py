"""A producer in a world on the fakes, and what may happen to it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from handlers import producer
from mail.usage.variables import KIND
from shared.errors import UsageQueryError
from shared.periods import Period
from shared.producing.checks import Checks
from shared.producing.pages import MARGIN_MS
from shared.producing.run import Written
from shared.producing.unsubscribed import Unsubscribed
from shared.rendering.mail_kind import MailTemplate
from simulation.fakes.producing import FakeAccount, FakeFunctions, FakeRejects
from simulation.fakes.telemetry import FakeTelemetry
from simulation.stack import MAIL_TEMPLATE, PERIOD
from simulation.world import World

OCTOBER = Period.parse(PERIOD)
ENOUGH_MS = 900_000


class Producing:
    """A world's producer, whose query, account and event the test chooses."""

    def __init__(self, users: int = 3) -> None:
        self.world = World(users)
        self.rejects = FakeRejects(self.world.wire)
        self.account = FakeAccount(self.world.wire, self.world.make_template)
        self.functions: Any = FakeFunctions(self.world.wire)
        self.runs = self.world.runs()
        self.kind = KIND
        self.template = MAIL_TEMPLATE

    def __call__(
        self, template: MailTemplate | None = None, remaining_ms: Callable[[], int] = lambda: ENOUGH_MS, **event: Any
    ) -> dict[str, Any]:
        deps = self.world.producer_deps(
            self.rejects,
            self.account,
            self.functions,
            template=template or self.template,
            kind=self.kind,
        )
        return producer.handle(event or {"period": PERIOD}, deps, "request-1", remaining_ms)

    @property
    def athena(self) -> Any:
        return self.world.athena

    @property
    def telemetry(self) -> FakeTelemetry:
        return self.world.telemetry

    def again(self, **more: Any) -> dict[str, Any]:
        """As an operator starts it after a look at the record."""
        return self(period=PERIOD, **{"attempt": self.record["attempt"], **more})

    @property
    def unsubscribed(self) -> Unsubscribed:
        return self.world.unsubscribed()

    @property
    def rows(self) -> list[dict[str, str | None]]:
        return self.world.rows

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.world.messages()

    @property
    def record(self) -> dict[str, Any]:
        item = self.runs.get(OCTOBER)
        assert item is not None
        return item

    @property
    def rejected(self) -> list[Any]:
        return [row for first in sorted(self.rejects.stored) for row in self.rejects.stored[first]]


def bad(name: str) -> MailTemplate:
    """A template that names a variable which no message has."""
    return replace(MAIL_TEMPLATE, name=name, html="{{html.first_name}}")


def last_month(producing: Producing, rows: int) -> None:
    run = producing.runs.begin(OCTOBER.previous, "september")
    producing.runs.complete(replace(run, checks=Checks(rows=rows)), Written())


def last_month_of(world: World, rows: int, unsubscribed: int = 0) -> None:
    """A month before that is completed."""
    runs = world.runs()
    run = runs.begin(OCTOBER.previous, "september")
    written = Written(produced=rows - unsubscribed, unsubscribed=unsubscribed)
    runs.complete(replace(run, checks=Checks(rows=rows)), written)


def pages_left(pages: int) -> Callable[[], int]:
    """Time for so many pages."""
    answers = iter([ENOUGH_MS] * pages)
    return lambda: next(answers, MARGIN_MS - 1)


def failing(fake: Any, operation: str, at_call: int, error: Exception | None = None) -> None:
    """The n-th such call finds the query FAILED, CANCELLED, refused or its result gone, or meets another error."""
    carry_out, calls = getattr(fake, operation), []

    def fail(*arguments: Any) -> Any:
        calls.append(operation)
        if len(calls) == at_call:
            raise error or UsageQueryError("Query exhausted resources at this scale factor")
        return carry_out(*arguments)

    setattr(fake, operation, fail)
