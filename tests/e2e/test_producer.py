"""The benchmark's check, small: the deployed producer puts every user's message, and while the campaign is paused that is
all.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from bench.producer import embedded
from local.month.month import MonthError
from local.month.outbox_view import OutboxView
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.stack import passing_stack
from local.usage.choice import choose
from shared.outbox.states import Status

USERS = 300


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A stack of its own."""
    with passing_stack(tmp_path_factory.mktemp("stack"), lambda _: None, embedded.PARAMS) as deployment:
        yield deployment


def test_everybody_has_a_message_and_nobody_a_mail(deployment: Deployment, usage_file: Path) -> None:
    choice = choose("", "2026-10", USERS, usage_file)
    production = embedded.run(deployment, choice, Console(file=io.StringIO()))
    assert (production.rows, production.messages) == (USERS, USERS)
    assert (production.missing, production.astray, production.uncounted) == (0, 0, 0)
    assert production.seconds > 0
    assert OutboxView(deployment, choice.period).statuses() == {Status.PENDING: USERS}
    assert list(engine_pages.mails(deployment.url)) == []


def test_a_run_that_has_stopped_has_no_figures(deployment: Deployment, usage_file: Path) -> None:
    """Half of the rows can't become messages."""
    rows = ["user_id,email,device_id,used_at,minutes", "ann,ann@example.com,phone,2026-08-01T09:00:00Z,5"]
    usage_file.write_text("\n".join([*rows, "bob,no address,phone,2026-08-01T09:00:00Z,5"]))
    choice = choose(str(usage_file), "2026-08", 0, usage_file)
    with pytest.raises(MonthError, match="the producer has stopped 2026-08: rejected: 1 of 2 rows"):
        embedded.run(deployment, choice, Console(file=io.StringIO()))
