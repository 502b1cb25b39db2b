"""What the stack reads and takes from: usage rows and tickets, where not every message is played."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from bench.scale.thinning import Thinning
from mail.usage.variables import KIND
from shared.pacing.campaign import Campaign
from shared.pacing.control_item import KEY
from shared.pacing.plan import Plan
from shared.producing.pages import ResultPage
from shared.rendering.mail_kind import Row
from shared.store import Write
from simulation.fakes.producing import FakeAthena
from simulation.fakes.table import FakeTable
from simulation.stack import usage_row

COLUMNS = ("user_id", "email", *KIND.columns)


class UsageRows(FakeAthena):
    """A result of so many rows, each made when its page is read. Every page has as many, as if there were no header."""

    count = 0

    def ask(self, sql: str, token: str) -> str:
        self.results[token] = ()
        return super().ask(sql, token)

    def page(self, query_id: str, token: str) -> ResultPage:  # noqa: ARG002
        def carry_out() -> ResultPage:
            first = int(token or 0)
            last = min(self.count, first + self.page_rows)
            more = str(last) if last < self.count else ""
            return ResultPage(COLUMNS, [row(number) for number in range(first, last)], more)

        return self.wire.call("athena.GetQueryResults", carry_out)


def row(number: int) -> Row:
    """Ids and addresses are as long as they are in life."""
    return {
        **usage_row(number),
        "user_id": f"user-{number:010}",
        "email": f"given.surname.{number:08}@example.com",
    }


class Stack(Protocol):
    """What a campaign must know of how far the month is."""

    thinning: Thinning
    control_table: Any
    inserted: int
    tickets: int


class ThinnedCampaign(Campaign):
    """Gives the tickets between two chunks to messages that are not played."""

    def __init__(self, *given: Any, stack: Stack, **named: Any) -> None:
        super().__init__(*given, **named)
        self._stack = stack

    def reserve(self, count: int, **given: Any) -> Plan:
        plan, stack = super().reserve(count, **given), self._stack
        stack.tickets += len(plan.slots)
        passed = stack.thinning.passed(stack.tickets) - stack.thinning.passed(stack.tickets - len(plan.slots))
        if passed:  # nobody pays for it: each message that is played is paid for as all that it stands for
            FakeTable._update(stack.control_table, Write(KEY, (), {}, {"issued": passed}))
        return plan

    def forecast(self, first_ticket: int | None = None) -> Callable[[int], datetime]:
        """From the month's first ticket on."""
        sent_at, passed = super().forecast(first_ticket), self._stack.thinning.passed
        return lambda number: sent_at(number + passed(number))
