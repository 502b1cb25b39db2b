"""Five lines of the shoot-out, as the README quotes them."""

from dataclasses import replace

from docs import designs
from tests.unit.bench.test_shootout import ROW

STORM = replace(ROW, fault="kill_storm", drain_ratio=1.4, held=2, timed_out=True)


def test_nothing_is_quoted_where_nothing_was_measured() -> None:
    assert designs.in_five_lines([], "page.md") == ""
    assert (
        designs.in_five_lines([replace(ROW, contestant="celery"), replace(ROW, fault="lost_answers")], "page.md") == ""
    )


def test_each_quoted_design_has_a_line_of_its_figures() -> None:
    everything = replace(ROW, fault="everything", twice=1, none=3, users=400)
    said = designs.in_five_lines([ROW, STORM, everything], "page.md")
    assert "| onlyonce, batched (auto) | 1.02 | 1.40 | 0 / 0 / 2 … | 1 / 3 / 0 | 10.00 |" in said
    assert "500 users at 25 a second and 400 users" in " ".join(said.split())
    assert "[All designs and faults](page.md)" in " ".join(said.split())
    assert "…: ended before it came to rest." in " ".join(said.split())


def test_what_was_not_measured_stays_empty() -> None:
    assert "| DBOS | 1.02 | | | | 10.00 |" in designs.in_five_lines([replace(ROW, contestant="dbos")], "page.md")


def test_the_five_lines_end_with_ours() -> None:
    rows = [replace(ROW, contestant=name) for name in reversed(designs.QUOTED)]
    lines = [line for line in designs.in_five_lines(rows, "page.md").splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| a loop with a sent-log", "| SQS queue and worker", "| Step Functions, a unique name, Retry", "| DBOS",
        "| onlyonce, batched (auto)",
    ]  # fmt: skip
