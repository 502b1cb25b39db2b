"""A small month through the real handler in a process of its own: every call can be counted by hand."""

import pytest

from bench.errors import MeasurementError
from bench.producer import process


def test_the_producer_is_measured() -> None:
    read: list[int] = []
    ballast = b"x" * 200_000_000  # what the process that starts it holds is none of its memory
    figures = process.measure("producer", 1_500, read.append)
    assert 20 < figures["peak_rss_mb"] < 150 < len(ballast) / 2**20
    calls = figures["calls"]
    assert read == [999, 1_500, 2_499, 3_000]  # two pages, in two passes
    assert calls["GetQueryResults"] == 4
    assert calls["BatchExecuteStatement"] == 40 + 21  # of 999 and of 501 rows, 25 at a time
    assert "PutItem" not in calls
    assert (figures["missing"], figures["refused"], figures["invocations"]) == (0, 0, 1)
    assert figures["calls_per_row"] == pytest.approx(sum(calls.values()) / 1_500, abs=1e-5)
    assert 0 < figures["stand_in_cpu_us_per_row"] < figures["cpu_us_per_row"]
    # Four pages of 150 ms, and eight writers at a time for 61 calls of 15 ms and more, can't be faster.
    assert figures["seconds"] > 0.7


def test_virtual_time_has_the_same_calls_in_it() -> None:
    figures = process.measure("virtual", 1_500, lambda _: None)
    assert (figures["calls"]["GetQueryResults"], figures["calls"]["BatchExecuteStatement"]) == (4, 61)
    assert (figures["missing"], figures["refused"], figures["invocations"]) == (0, 0, 1)
    assert 0.7 < figures["seconds"] < 10


@pytest.mark.parametrize("way", ["loop", "threads"])
def test_the_other_ways_put_row_by_row(way: str) -> None:
    figures = process.measure(way, 100, lambda _: None)
    assert figures["calls"] == {"GetQueryResults": 1, "PutItem": 100}
    assert (figures["missing"], figures["refused"]) == (0, 0)


def test_the_batches_read_once() -> None:
    figures = process.measure("batches", 100, lambda _: None)
    assert figures["calls"] == {"GetQueryResults": 1, "BatchExecuteStatement": 4}
    assert figures["missing"] == 0


def test_a_process_that_fails_has_no_figures() -> None:
    with pytest.raises(MeasurementError, match="nonsense with 10 rows ended with status 1"):
        process.measure("nonsense", 10, lambda _: None)
