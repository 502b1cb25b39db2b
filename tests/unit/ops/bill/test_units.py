"""What a message takes is counted: a month on the fakes is metered as DynamoDB meters it, and its items and logs measured."""

import contextlib
import io
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import yaml

from ops.bill import units
from ops.bill.units import Sending
from shared.aws.powertools import PowertoolsTelemetry
from shared.outbox.states import Status
from simulation.world import World
from tests.drift.documents import ROOT
from tests.unit.ops.bill.meter import MeteredTable, metered
from tests.unit.outbox.test_item_size import MAIL

USERS = 40


@pytest.fixture
def world() -> World:
    return World(USERS)


def test_usual_month_takes_as_many_units_as_the_bill_says(world: World) -> None:
    table = metered(world)
    world.produce()
    world.run()
    assert Counter(world.statuses().values()) == {Status.DELIVERED: USERS}
    assert (table.writes, table.index_writes, table.reads) == (
        USERS * units.WRITES,
        USERS * units.INDEX_WRITES,
        USERS * units.READS,
    )


def test_look_of_the_sweeper_takes_as_many(world: World) -> None:
    """A message whose slot is far away is looked at once."""
    table = metered(world)
    world.produce()
    table.stream.clear()
    before = table.writes + table.index_writes
    world.now += timedelta(minutes=11)
    world.campaign().pause("nothing is claimed")
    assert world.sweep() == {"postpone": USERS}
    assert table.writes + table.index_writes - before == USERS * units.LOOK_WRITES


def test_index_that_takes_in_every_message_would_be_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.ops.bill.meter.indexes", lambda: [("unfinished", "due_at"), ("status", "user_id")])
    table: MeteredTable = metered(world)
    world.produce()
    world.run()
    assert table.index_writes > USERS * units.INDEX_WRITES


def test_log_has_as_many_lines_and_bytes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "onlyonce-prod")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root=1-{'5' * 8}-{'e' * 24};Parent={'f' * 16};Sampled=0")
    lines, metrics = io.StringIO(), io.StringIO()
    told = PowertoolsTelemetry("measured", stream=lines)
    in_line = PowertoolsTelemetry("feedback", counts_in_line=True, stream=lines)

    def count(event: str, **facts: Any) -> None:
        facts |= {"ses_message_id": MAIL} if "ses_message_id" in facts else {}
        if not event.startswith("produce"):
            (in_line if event == "mark_delivered" else told).count(event, **facts)
        with contextlib.redirect_stdout(metrics):  # all of them are in one set, as in one process
            told.flush()

    monkeypatch.setattr(world.telemetry, "count", count)
    world.produce()
    world.run()
    written = lines.getvalue().splitlines()
    assert Counter(json.loads(line)["message"] for line in written) == dict.fromkeys(
        ("claim", "mark_sent", "mark_delivered"), USERS
    )
    assert len(written) == USERS * units.LOG_LINES
    assert units.LOG_BYTES * 0.99 < sum(map(len, written)) / USERS <= units.LOG_BYTES


def test_each_message_of_an_execution_takes_as_many_bytes_in_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "onlyonce-prod")

    def line(messages: int) -> int:
        lines = io.StringIO()
        told = PowertoolsTelemetry(f"claim-of-{messages}", stream=lines)  # a logger keeps the stream that it first had
        told.count("start", execution="44-" + "0" * 32, message_ids=["0" * 32] * messages)
        return len(lines.getvalue())

    assert line(44) - line(22) == 22 * units.STARTED_BYTES


def test_metrics_are_as_many(world: World) -> None:
    world.produce()
    world.run()
    world.sweep()
    counted, gauged = set(world.telemetry.events), set(world.telemetry.gauges)
    assert len(counted) <= units.METRICS_SENDING
    assert len(gauged) <= units.METRICS_ALWAYS


def test_functions_have_the_memory_that_is_paid_for() -> None:
    deployed = yaml.load((ROOT / "serverless.yml").read_text(), Loader=_Plain)
    small, sizes = deployed["provider"]["memorySize"], deployed["functions"]
    found = {name: one.get("memorySize", small) / 1024 for name, one in sizes.items()}
    assert found == units.MEMORY_GB


class _Plain(yaml.SafeLoader):
    """Without CloudFormation's tags."""


_Plain.add_multi_constructor("!", lambda *_: None)


@pytest.mark.parametrize(
    ("mails", "sending", "laps"),
    [
        (10_000, Sending(180, 900_000), 2),
        (1_000_000, Sending(180, None), 2),
        (1_000_000, Sending(12.6, None), 5),
        (1_000_000, Sending(180, 900_000), 6),
        (100_000, Sending(12.6, 45_000), 10),
        (1, Sending(1, None), 2),
        (0, Sending(1, None), 2),
    ],
)
def test_month_is_counted_every_six_hours_and_twice_when_it_is_over(mails: int, sending: Sending, laps: int) -> None:
    assert sending.laps(mails) == laps


def test_only_what_waits_beyond_the_horizon_is_looked_at_and_once() -> None:
    fast, slow = Sending(180, 900_000), Sending(12.6, 45_000)
    assert fast.looks(1_000_000) == slow.looks(100_000) == 0
    assert 0.8 < slow.looks(1_000_000) < 0.9
    assert fast.looks(0) == 0
