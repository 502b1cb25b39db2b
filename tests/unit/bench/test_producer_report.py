"""The tables of the producer's benchmark, and its targets."""

from typing import Any

import pytest
from rich.console import Console

from bench.producer import __main__ as command
from bench.producer import report, virtual_report
from bench.producer.__main__ import sizes, virtual_sizes
from docs.figures import producer_in_a_sentence


def measured(rows: int, **others: Any) -> dict[str, Any]:
    return {
        "rows": rows, "seconds": rows / 1_000, "rows_per_second": 1_000.0, "calls_per_row": 0.044,
        "cpu_us_per_row": 500.0, "stand_in_cpu_us_per_row": 10.0, "peak_rss_mb": 80.0, "invocations": 1,
        "missing": 0, "refused": 0, **others,
    }  # fmt: skip


PRODUCER = [measured(10_000), measured(100_000, peak_rss_mb=82.0), measured(1_000_000, peak_rss_mb=90.2, invocations=2)]
OTHERS = {
    "loop": measured(5_000, rows_per_second=200.0, calls_per_row=1.0),
    "threads": measured(20_000, rows_per_second=900.0, calls_per_row=1.0),
    "batches": measured(20_000, rows_per_second=1_800.0),
}
EMBEDDED = {
    "embedded_rows": 20_000, "embedded_seconds": 80.0, "embedded_rows_per_second": 250.0,
    "embedded_missing": 0, "embedded_astray": 0, "embedded_uncounted": 0,
}  # fmt: skip
VIRTUAL = [
    measured(1_000_000, rows_per_second=2_600.0, seconds=384.6, cpu_us_per_row=140.0),
    measured(
        10_000_000, rows_per_second=2_500.0, seconds=4_000.0, cpu_us_per_row=150.0, peak_rss_mb=88.0, invocations=5
    ),
]
MET = report.completed(PRODUCER, OTHERS, VIRTUAL, EMBEDDED)


def test_the_largest_month_is_compared() -> None:
    """In speed with the loop, in CPU and calls with a hundredth, in memory with a tenth."""
    producer = [
        measured(10_000, cpu_us_per_row=400.0, calls_per_row=0.05, peak_rss_mb=40.0),
        measured(100_000, cpu_us_per_row=1.0, calls_per_row=1.0, peak_rss_mb=80.0),
        measured(1_000_000, cpu_us_per_row=500.0, calls_per_row=0.04, peak_rss_mb=88.0, rows_per_second=1_100.0),
    ]
    figures = report.completed(producer, OTHERS, VIRTUAL, {})
    assert (figures["growth_cpu"], figures["growth_calls"], figures["growth_rss"]) == (1.25, 0.8, 1.1)
    assert (figures["speedup_over_loop"], figures["threads_speedup_over_loop"]) == (5.5, 4.5)
    assert figures["loop_speedup_over_loop"] == 1.0


def test_one_size_is_compared_with_itself() -> None:
    figures = report.completed(PRODUCER[:1], OTHERS, VIRTUAL, {})
    assert figures["growth_cpu"] == figures["growth_calls"] == figures["growth_rss"] == 1.0


def test_a_size_that_was_measured_several_times_counts_with_its_medians() -> None:
    producer = [
        measured(10_000, cpu_us_per_row=700.0, calls_per_row=0.040, rows_per_second=500.0),
        measured(100_000),
        measured(10_000, cpu_us_per_row=500.0, calls_per_row=0.055, rows_per_second=900.0),
        measured(1_000_000, cpu_us_per_row=450.0, calls_per_row=0.044),
        measured(10_000, cpu_us_per_row=300.0, calls_per_row=0.050, rows_per_second=800.0),
    ]
    figures = report.completed(producer, OTHERS, VIRTUAL, {})
    assert (figures["rows"], figures["growth_cpu"], figures["growth_calls"]) == (1_000_000, 0.9, 0.88)
    assert figures["sizes"] == producer
    head, calls, cpu, _, speed = report.size_cells(figures)
    assert head == ["rows", "10,000", "100,000", "1,000,000"]
    assert (calls[1], cpu[1], speed[1]) == ("0.0500", "500", "800")


def test_the_smallest_size_is_measured_before_between_and_after_the_larger_ones() -> None:
    assert sizes(1_000_000) == [10_000, 100_000, 10_000, 1_000_000, 10_000]
    assert sizes(50_000) == [10_000, 50_000, 10_000]
    assert sizes(10_000) == [10_000]


def test_a_smaller_month_is_slept_through_than_passes_in_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """And each measurement comes to its place in the report."""
    run: list[tuple[str, int]] = []

    def noted(way: str, rows: int, _: Console) -> dict[str, Any]:
        run.append((way, rows))
        return measured(rows, way=way)

    monkeypatch.setattr(command, "_measured", noted)
    figures = command.measure(10_000_000, Console(), deployed=False)
    assert [rows for way, rows in run if way == "producer"] == sizes(command.REAL_ROWS)
    assert [rows for way, rows in run if way == "virtual"] == virtual_sizes(10_000_000) == [1_000_000, 10_000_000]
    assert {way for way, _ in run} == {"producer", "loop", "threads", "batches", "virtual"}
    assert (figures["way"], figures["virtual_way"], figures["loop_way"]) == ("producer", "virtual", "loop")
    assert virtual_sizes(10_000) == [10_000]


def test_months_in_virtual_time() -> None:
    assert (MET["virtual_rows"], MET["virtual_minutes"], MET["virtual_growth_rss"]) == (10_000_000, 66.7, 1.1)
    assert (MET["rows"], MET["rows_per_second"]) == (1_000_000, 1_000.0)
    assert MET["virtual_sizes"] == VIRTUAL
    shown = {row[0]: row[1:] for row in virtual_report.cells(MET)}
    assert shown["in virtual time, rows"] == ["1,000,000", "10,000,000", "target"]
    assert shown["minutes"] == ["6.4", "66.7", "≤ 70.0"]
    assert shown["rows a second"] == ["2,600", "2,500", "≥ 2,500"]
    assert shown["CPU a row, µs"] == ["140", "150", "≤ 150"]
    grown = [row[1:] for row in virtual_report.cells(MET) if row[0] == "… to 1/10 the rows"]
    assert grown == [["—", "1.000", "0.9–1.1"], ["—", "1.071", "0.9–1.1"], ["—", "1.10", "≤ 1.10"]]
    assert shown["invocations"] == ["1", "5", ""]


def test_no_row_of_any_month_in_virtual_time_may_be_missing() -> None:
    runs = [measured(1_000_000, missing=1, refused=2), VIRTUAL[1]]
    figures = virtual_report.figures_of(runs)
    assert (figures["virtual_missing"], figures["virtual_refused"]) == (1, 2)


def test_a_larger_month_may_take_longer_than_ten_million_rows() -> None:
    large = measured(20_000_000, seconds=8_000.0, rows_per_second=2_500.0, cpu_us_per_row=100.0)
    figures = report.completed(PRODUCER, OTHERS, [large], {})
    assert report.missed(figures) == []
    assert ["minutes", "133.3", ""] in virtual_report.cells(figures)


def test_the_sentence_in_the_documents_tells_of_virtual_time() -> None:
    told = " ".join(producer_in_a_sentence({**MET, "commit": "1234567"}, "page.md").split())
    assert (
        "In virtual time, 10,000,000 rows took 67 minutes, 2,500 rows a second, 88 MB at most and 150 µs of CPU a row."
        in told
    )


def test_how_much_smaller_the_smallest_month_is_stands_in_the_table() -> None:
    assert "calls, to 1/100" in [row[0] for row in report.cells(MET)]
    figures = report.completed(PRODUCER[:2], OTHERS, VIRTUAL, {})
    assert {"calls, to 1/10", "CPU, to 1/10"} <= {row[0] for row in report.cells(figures)}


def test_a_target_is_met_at_its_edge() -> None:
    assert report.missed(MET) == []
    assert MET["speedup_over_loop"] == 5.0
    assert report.missed({**MET, "peak_rss_mb": 256, "calls_per_row": 0.05, "growth_cpu": 0.9}) == []


@pytest.mark.parametrize(
    "worse",
    [
        {"peak_rss_mb": 256.1}, {"growth_rss": 1.11}, {"calls_per_row": 0.0501}, {"speedup_over_loop": 4.99},
        {"growth_calls": 1.101}, {"growth_calls": 0.899}, {"growth_cpu": 1.101}, {"growth_cpu": 0.899}, {"missing": 1},
        {"refused": 1}, {"embedded_missing": 1}, {"embedded_astray": 1}, {"embedded_uncounted": 1},
        {"embedded_uncounted": -1}, {"virtual_minutes": 70.1}, {"virtual_rows_per_second": 2_499.9},
        {"virtual_cpu_us_per_row": 150.1}, {"virtual_peak_rss_mb": 256.1}, {"virtual_growth_rss": 1.11},
        {"virtual_growth_cpu": 1.101},
        {"virtual_growth_cpu": 0.899}, {"virtual_growth_calls": 1.101}, {"virtual_growth_calls": 0.899},
        {"virtual_missing": 1}, {"virtual_refused": 1},
    ],
)  # fmt: skip
def test_a_missed_target_is_named(worse: dict[str, float]) -> None:
    (problem,) = report.missed({**MET, **worse})
    assert problem.startswith(f"{next(iter(worse))} is ")


def test_the_deployed_producer_may_be_left_out() -> None:
    figures = report.completed(PRODUCER, OTHERS, VIRTUAL, {})
    assert report.missed(figures) == []
    assert report.embedded_cells(figures) == []
    assert "embedded" not in report.rendered("\n".join(report.MARKS), figures)
    assert [len(report.screen(one).renderables) for one in (figures, MET)] == [2, 3]


def test_the_tables_in_the_document() -> None:
    text = report.rendered("\n".join(report.MARKS), MET)
    assert "| AWS calls a row | 0.0440 | 1.0000 | 1.0000 | 0.0440 | ≤ 0.0500 |" in text
    assert "| … to the loop's | 5.00 | 1.00 | 4.50 | 9.00 | ≥ 5.00 |" in text
    assert "| peak memory, MB | 80 | 82 | 90 |" in text
    assert "| on the embedded AWS | producer | target |\n| --- | ---: | ---: |\n| rows | 20,000 | |\n" in text
    assert "| users without a message to their address | 0 | 0 |" in text
    assert "| BatchExecuteStatement | 15 | 0.2 |" in text
    assert "| every other | 5 | |" in text
    assert report.rendered(text, MET) == text
