"""What every page of the console has: the session, who decides, whether they may, and how a page is made."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any

from starlette.responses import HTMLResponse

from ops.console.costs import Costs
from ops.console.gate import Pass
from ops.console.jobs import Jobs
from ops.console.mails import Mails
from ops.console.rendering import rendered
from ops.console.watch import Look, Watch
from ops.month.look import latest_period, look
from ops.session import Session
from shared.periods import Period


@dataclass(frozen=True)
class Desk:
    session: Session
    given: Pass
    by: str | None
    """Who decides, if they have said so."""
    read_only: bool
    look: Look = look
    latest: Callable[[Session], Period] = latest_period

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.session)

    @cached_property
    def watch(self) -> Watch:
        return Watch(self.session, self.look)

    @cached_property
    def mails(self) -> Mails:
        return Mails(self.session)

    @cached_property
    def costs(self) -> Costs:
        return Costs(self.session, self.watch)

    def who(self) -> str:
        """For the record, as the command line has it."""
        return self.by or self.session.caller()

    def page(self, template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> HTMLResponse:
        known = {"stage": self.session.name, "may_decide": not self.read_only, "form_token": self.given.form_token}
        return HTMLResponse(rendered(template, **{**known, **values}), status)
