"""Run records in memory."""

import pytest

from shared.producing.open_runs import OpenRuns
from shared.producing.run_records import RunRecords
from simulation.fakes.table import FakeTable
from tests.contract.backends import RepeatingWire
from tests.unit.producing.records import Clock


@pytest.fixture
def wire() -> RepeatingWire:
    return RepeatingWire()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(wire: RepeatingWire, clock: Clock) -> FakeTable:
    return FakeTable("control", ("name",), clock, wire)


@pytest.fixture
def runs(table: FakeTable, clock: Clock) -> RunRecords:
    return RunRecords(table, clock)


@pytest.fixture
def open_runs(table: FakeTable, clock: Clock) -> OpenRuns:
    return OpenRuns(table, clock)
