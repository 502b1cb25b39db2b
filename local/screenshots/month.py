"""A month under way: slow enough for its curve to be seen, with a killed producer and some mails that SES rejects."""

import io
import threading
import time
from contextlib import suppress
from pathlib import Path

from botocore.exceptions import BotoCoreError
from rich.console import Console

from local.demo.story import run
from local.faults import orders
from local.month.month import MonthError
from local.month.outbox_view import OutboxView
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.usage.choice import UsageChoice, choose
from shared.outbox.states import Status
from shared.periods import Period

PERIOD, USERS, CRASH_AT = "2026-10", 400, 220
A_SECOND = 2.0
REJECTED = 3
_SEEN = 0.6
"""The share of mails that is out when pictures are taken."""
_PATIENCE_S = 600


def under_way(deployment: Deployment, folder: Path) -> OutboxView:
    """Act the month out, until most of its mails are out; it goes on meanwhile. Raises MonthError."""
    choice = choose("", PERIOD, USERS, folder / "usage.csv")
    engine_pages.set_ses_rate(deployment.url, A_SECOND)
    orders.order_random(deployment.url, ("rejected", REJECTED), reject_ses=0.02)
    story = threading.Thread(target=_act, args=(deployment, choice), daemon=True)  # nobody waits for its end
    story.start()
    outbox, give_up_at = OutboxView(deployment, Period.parse(PERIOD)), time.monotonic() + _PATIENCE_S
    while _sent(outbox) < _SEEN * USERS:
        if not story.is_alive() or time.monotonic() > give_up_at:
            raise MonthError("the month did not come as far as its pictures")
        time.sleep(1)
    return outbox


def _act(deployment: Deployment, choice: UsageChoice) -> None:
    with suppress(BotoCoreError, OSError):  # the stack goes down before its end
        run(deployment, choice, CRASH_AT, Console(file=io.StringIO()))


def _sent(outbox: OutboxView) -> int:
    statuses = outbox.statuses()
    return statuses[Status.SENT] + statuses[Status.DELIVERED]
