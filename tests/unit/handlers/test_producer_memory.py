"""producer: a month of any size in the same memory."""

import gc
import tracemalloc
from collections import deque
from typing import Any

from shared.producing.pages import ResultPage
from simulation.fakes.producing import FakeAthena, FakeRejects
from simulation.fakes.telemetry import FakeTelemetry
from simulation.stack import usage_row
from tests.unit.handlers.producing import Producing


class EndlessAthena(FakeAthena):
    """Makes each page when it is asked for, every row of it without an address."""

    pages = 0

    def page(self, query_id: str, token: str) -> ResultPage:  # noqa: ARG002
        number = int(token or 0)
        rows = [{**usage_row(number * 200 + one), "email": None} for one in range(200)]
        return ResultPage(self.columns, rows, str(number + 1) if number + 1 < self.pages else "")


class ForgetfulRejects(FakeRejects):
    def store(self, period: Any, attempt: int, rows: Any) -> None:
        """Keeps nothing, like S3 as far as the function's memory goes."""


class ForgetfulTelemetry(FakeTelemetry):
    def count(self, event: str, **facts: Any) -> None:
        """Keeps nothing."""


def peak_bytes(pages: int) -> int:
    produce = Producing(0)
    produce.world.athena = endless = EndlessAthena([], produce.world.wire)
    endless.pages = pages
    produce.rejects = ForgetfulRejects(produce.world.wire)
    produce.world.telemetry = ForgetfulTelemetry()
    control: Any = produce.world.control_table
    control.stream = deque(maxlen=1)
    gc.collect()
    tracemalloc.start()
    try:
        report = produce()
        assert report["rejected"] == pages * 200
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_month() -> None:
    peak_bytes(2)  # what is imported and cached at first use
    assert peak_bytes(20) < 1.3 * peak_bytes(3)
