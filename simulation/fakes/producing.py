"""What the producer reads from, asks, and lists rejects in."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mail.usage.variables import KIND
from shared.aws.athena import PAGE_ROWS
from shared.errors import NoTemplateError, RenderError, UsageQueryError
from shared.periods import Period
from shared.producing.handed import OWN_CATALOG, Execution
from shared.producing.pages import PlacedPage, Reading, ResultPage, Results
from shared.producing.rejected_rows import RejectedRow
from shared.rendering.mail_kind import MailTemplate, Row
from shared.times import Clock, utc_now
from simulation.fakes.wire import Wire


@dataclass
class FakeAthena(Results):
    """The usage query's rows, as a test has them; each token is a query of its own, whose result stays as it was."""

    rows: Sequence[Row]
    wire: Wire
    clock: Clock = utc_now
    page_rows: int = PAGE_ROWS
    busy: int = 0
    """How often it is still at work when asked."""
    results: dict[str, Sequence[Row]] = field(default_factory=dict)
    columns: tuple[str, ...] = ("user_id", "email", *KIND.columns)
    work_group: str = "onlyonce-test"
    database: str = "onlyonce_test"
    executions: dict[str, Execution] = field(default_factory=dict)

    def ask(self, sql: str, token: str) -> str:
        def carry_out() -> str:
            self.results.setdefault(token, copy.deepcopy(self.rows))
            asked = Execution(
                token, "SUCCEEDED", sql, self.clock(), self.work_group, self.database, OWN_CATALOG, False, 1_000_000
            )
            self.executions.setdefault(token, asked)
            return token

        return self.wire.call("athena.StartQueryExecution", carry_out)

    def done(self, query_id: str, seconds: float) -> bool:  # noqa: ARG002
        def carry_out() -> bool:
            self.busy -= 1
            return self.busy < 0

        return self.wire.call("athena.GetQueryExecution", carry_out)

    def execution(self, query_id: str) -> Execution:
        def carry_out() -> Execution:
            if query_id not in self.executions:
                raise UsageQueryError(f"QueryExecution {query_id} was not found")
            return self.executions[query_id]

        return self.wire.call("athena.GetQueryExecution", carry_out)

    def page(self, query_id: str, token: str) -> ResultPage:
        """Like Athena's, the first page has a row less, because the header is one."""

        def carry_out() -> ResultPage:
            if query_id not in self.results:
                raise UsageQueryError("Could not find results")
            rows = self.results[query_id]
            first = int(token or 0)
            last = first + self.page_rows - (not token)
            columns = tuple(rows[0] if rows else dict.fromkeys(self.columns))
            return ResultPage(columns, copy.deepcopy(rows[first:last]), str(last) if last < len(rows) else "")

        return self.wire.call("athena.GetQueryResults", carry_out)


def at_once(read: Reading) -> Reading:
    """The next page is read before anything happens to the last one. An error waits until the page is asked for."""
    try:
        page = read()
    except Exception as error:
        return partial(_failing, error)
    return lambda: page


def _failing(error: Exception) -> PlacedPage:
    raise error


def when_asked_for(read: Reading) -> Reading:
    """The next page is read after all that happens to the last one."""
    return read


@dataclass
class FakeRejects:
    """Keeps the lists of rejected rows."""

    wire: Wire
    stored: dict[int, list[RejectedRow]] = field(default_factory=dict)
    """By the first row of each list."""

    def address(self, period: Period, attempt: int) -> str:
        return f"s3://rejects/{period}/{attempt}/"

    def store(self, period: Period, attempt: int, rows: Sequence[RejectedRow]) -> None:  # noqa: ARG002
        def carry_out() -> None:
            self.stored[rows[0].row] = list(rows)

        self.wire.call("s3.PutObject", carry_out)


@dataclass
class FakeAccount:
    """An account that is ready to send, unless a test says otherwise. `make` is SES's own."""

    wire: Wire
    make_template: Callable[[MailTemplate], None]
    found: dict[str, str] = field(default_factory=dict)
    unmade: str = ""
    unrendered: str = ""

    def findings(self, sender: str) -> dict[str, str]:  # noqa: ARG002
        return self.wire.call("ses.GetEmailIdentity", lambda: dict(self.found))

    def make(self, template: MailTemplate) -> None:
        if self.unmade:
            raise NoTemplateError(self.unmade)
        self.make_template(template)

    def render(self, template: str, data: Mapping[str, str]) -> None:  # noqa: ARG002
        def carry_out() -> None:
            if self.unrendered:
                raise RenderError(self.unrendered)

        self.wire.call("ses.TestRenderEmailTemplate", carry_out)


@dataclass
class FakeFunctions:
    """Remembers what was started."""

    wire: Wire
    started: list[dict[str, Any]] = field(default_factory=list)

    def start(self, event: Mapping[str, Any]) -> None:
        self.wire.call("lambda.InvokeFunction", lambda: self.started.append(dict(event)))
