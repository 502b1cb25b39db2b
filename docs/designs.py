"""The shoot-out in five lines, as the README quotes it."""

from collections.abc import Sequence

from bench import tables
from bench.shootout import report
from bench.shootout.contestants import load
from bench.shootout.fault import EVERY_S
from bench.shootout.row import Row
from docs.figures import wrapped

QUOTED = ("loop_with_log", "sqs", "step_functions", "dbos", report.OURS)
CALM, STORM, EVERYTHING = "none", "kill_storm", "everything"
"""Of bench.shootout.fault."""
_HEAD = ("design", "drain", "drain, kill storm", "kill storm", "everything at once", "$ a million")


def in_five_lines(rows: Sequence[Row], page: str) -> str:
    """`page`: the way to the benchmark's page from the document that quotes it; "" where nothing was measured."""
    quoted = [row for row in rows if row.contestant in QUOTED and row.fault in (CALM, STORM, EVERYTHING)]
    if not quoted:
        return ""
    names = [name for name in QUOTED if name in {row.contestant for row in quoted}]
    table = tables.markdown([_HEAD, *(_line(name, quoted) for name in names)])
    return f"{_how_to_read(quoted, page)}\n\n{table}"


def _line(name: str, rows: Sequence[Row]) -> list[str]:
    """A pair that was not measured stays empty."""
    mine = {row.fault: row for row in rows if row.contestant == name}
    cells = (
        (CALM, report.DRAIN.cell),
        (STORM, report.DRAIN.cell),
        (STORM, report.outcome),
        (EVERYTHING, report.outcome),
        (CALM, report.DOLLARS.cell),
    )
    return [load()[name].title, *(cell(mine[fault]) if fault in mine else "" for fault, cell in cells)]


def _how_to_read(rows: Sequence[Row], page: str) -> str:
    sizes = report.each(report.size(row) for row in rows)
    return wrapped(
        f"The same job in other designs: users with two mails / none / held for a person, when all senders are killed every "
        f"{EVERY_S:g} s, and when everything goes wrong at once ({sizes}).{report.cut_short(rows)} Drain is a multiple of "
        f"N/rate. $ is what AWS lists beside SES; servers are not counted. [All designs and faults]({page}), and where another "
        f"one does better (`make bench`, {report.commits(rows)})."
    )
