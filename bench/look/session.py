"""An operator's session on the large table. What a look does not ask for is not there."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn, cast

from rich.console import Console
from starlette.testclient import TestClient

from bench.look.large_table import LargeTable
from bench.look.moments import MESSAGES
from ops.aws import Stage
from ops.console.app import make_app
from ops.console.desk import Desk
from ops.console.gate import Pass
from ops.session import Session, campaign_of
from shared.aws.dynamodb import DynamoTable
from shared.outbox.outbox import Outbox
from shared.outbox.table_pin import TablePin
from shared.pacing.campaign import Campaign
from shared.pacing.pace import Quota
from shared.periods import Period
from shared.producing.open_runs import OpenRuns
from shared.producing.run import Written
from shared.producing.run_records import RunRecords
from shared.sweeping.accounting import Accounting
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire

NOW = datetime(2026, 11, 1, 7, tzinfo=UTC)
STACK = "onlyonce-large"
RATE, DAILY = 200.0, 2_000_000.0


def session(table: LargeTable, period: Period) -> Session:
    """Of a stage whose producer is done with the month."""
    messages = DynamoTable(cast(Any, table), "outbox")
    control = FakeTable("control", ("name",), lambda: NOW, Wire())
    outbox, runs = Outbox(messages, lambda: NOW), OpenRuns(control, lambda: NOW)
    Campaign(control, lambda: NOW, lambda: Quota(RATE, DAILY), headroom=0.1).state()
    control.put({"name": "outbox", "table_id": "large"})
    _produced(control, period)
    return Session(
        name=STACK,
        stage=Stage(STACK, "UPDATE_COMPLETE", {}),
        read=_told,
        messages=messages,
        control=control,
        outbox=outbox,
        pin=TablePin(control, messages, lambda: NOW),
        campaign=campaign_of(control, lambda: NOW),
        runs=RunRecords(control, lambda: NOW),
        open_runs=runs,
        accounting=Accounting(control, outbox, runs, lambda: NOW),
        unsubscribed=_nothing,
        bucket=_nothing,
        scan=_nothing,
        find=_nothing,
        send=_nothing,
        athena=_nothing,
        account=_nothing,
        produce=_nothing,
        sweep=_nothing,
        caller=_nothing,
        clock=lambda: NOW,
        console=Console(file=io.StringIO()),
        ask=_nothing,
    )


def browser(session: Session) -> Callable[[str], str]:
    """The console of that session, by its address; no socket is between."""
    given = Pass(4580)
    desk = Desk(session, given, by="bench", read_only=True)
    client = TestClient(make_app(desk), base_url=f"http://127.0.0.1:{given.port}")
    client.cookies.set(given.cookie, given.token)

    def page(path: str) -> str:
        answer = client.get(path)
        answer.raise_for_status()
        return answer.text

    return page


def _produced(control: FakeTable, period: Period) -> None:
    records = RunRecords(control, lambda: NOW)
    run = records.begin(period, "bench")
    records.complete(records.begin_second_pass(run, "usage"), Written(produced=MESSAGES))


def _told(*_: str, **__: Any) -> dict[str, Any]:
    """CloudWatch has nothing to tell: what is measured is the table."""
    return {"MetricDataResults": [], "MetricAlarms": []}


def _nothing(*_: Any) -> NoReturn:
    raise AssertionError("a look does not ask for this")
