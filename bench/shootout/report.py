"""The rows as tables, for the screen and for docs/bench/shootout.md; where another design does better than ours, they say so."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType

from bench import tables
from bench.contestants import ORDER
from bench.shootout import charts
from bench.shootout.contestant import Contestant
from bench.shootout.explained import explained
from bench.shootout.fault import BY_NAME, FAULTS, Fault
from bench.shootout.row import CUT_SHORT, Row

MARKS = ("<!-- figures: written by `make bench` -->", "<!-- end of figures -->")
OURS = "ours_batched"
"""As it is deployed by default: what the others are held against."""
BETTER = "†"


@dataclass(frozen=True)
class Column:
    """A figure; less of it is better."""

    title: str
    figure: Callable[[Row], float | None]
    form: str

    def cell(self, row: Row) -> str:
        figure = self.figure(row)
        return "—" if figure is None else self.form.format(figure)

    def better(self, row: Row, ours: Row) -> bool:
        """By what is shown: a difference that is not shown is none."""
        one, other = self.figure(row), self.figure(ours)
        return one is not None and other is not None and one < other and self.cell(row) != self.cell(ours)


DRAIN = Column("drain", lambda row: row.drain_ratio, "{:.2f}")
DOLLARS = Column("$ a million", lambda row: row.dollars_per_million, "{:,.2f}")
COLUMNS = (
    Column("twice", lambda row: row.twice, "{:,}"),
    Column("none", lambda row: row.none, "{:,}"),
    Column("held", lambda row: row.held, "{:,}"),
    Column("SES calls a mail", lambda row: row.ses_calls_per_mail, "{:.2f}"),
    DRAIN,
    Column("seconds beyond N/rate", lambda row: row.after_start_s, "{:.1f}"),
    Column("AWS calls", lambda row: row.aws_calls_per_mail, "{:.1f}"),
    Column("transitions", lambda row: row.transitions_per_mail, "{:.2f}"),
    Column("write units", lambda row: row.write_units_per_mail, "{:.1f}"),
    Column("GB-seconds", lambda row: row.gb_seconds_per_mail, "{:.3f}"),
    DOLLARS,
)
VERDICT = COLUMNS[:3]


def screen(rows: Sequence[Row], contestants: Mapping[str, Contestant]) -> RenderableType:
    """The headline, and what another design does better."""
    return Group(tables.screen(headline(rows, contestants)), *(f"{one}" for one in _better(rows, contestants)))


def document(text: str, rows: Sequence[Row], contestants: Mapping[str, Contestant], stem: str) -> str:
    """The document with everything as the rows are. `stem`: of their file's name, which the charts have as well."""
    return tables.rendered(text, MARKS, *_parts(rows, contestants, stem))


def missed(rows: Sequence[Row]) -> list[str]:
    """What ours may never do, each in words."""
    return [
        f"{row.contestant}, {row.fault}: {row.twice:,} users have two mails, {row.none:,} have none and are not held"
        for row in rows
        if row.contestant.startswith("ours") and (row.twice or row.none)
    ]


def _parts(rows: Sequence[Row], contestants: Mapping[str, Contestant], stem: str) -> Iterable[str]:
    yield "## In one table\n\nUsers with two mails or more / with none / held for a person." + cut_short(rows)
    yield tables.markdown(headline(rows, contestants))
    yield charts.OUTCOMES.embedded(stem)
    yield "## Drain"
    yield charts.DRAIN.embedded(stem)
    for fault in _measured_faults(rows):
        yield f"## Fault: {fault.title}"
        yield tables.markdown(cells(rows, fault, contestants))
        if fault == FAULTS[0]:
            yield charts.COST.embedded(stem)
    yield f'{BETTER} less than onlyonce, batched, as deployed by default. "Less" is better in every column.'
    yield "## Where another design does better"
    yield "\n".join(f"- {line}" for line in _better(rows, contestants)) or "Nowhere, by these figures."
    yield "## Why"
    yield "\n".join(f"- {line}" for line in explained(rows, contestants)) or "Nobody has two mails, or none."
    yield "## What ran"
    yield "\n".join(f"- {line}" for line in _ran(rows, contestants))


def headline(rows: Sequence[Row], contestants: Mapping[str, Contestant]) -> list[list[str]]:
    """A line for each design, a column for each fault."""
    faults = _measured_faults(rows)
    found = {(row.contestant, row.fault): row for row in rows}
    table = [["design", *(fault.title for fault in faults), "$ a million, undisturbed"]]
    for name in _measured(rows):
        measured = [found.get((name, fault.name)) for fault in faults]
        undisturbed = found.get((name, FAULTS[0].name))
        dollars = DOLLARS.cell(undisturbed) if undisturbed else ""
        table.append([contestants[name].title, *(outcome(row) if row else "" for row in measured), dollars])
    return table


def outcome(row: Row) -> str:
    """Twice / none / held."""
    return " / ".join(column.cell(row) for column in VERDICT) + (" …" if row.timed_out else "")


def cut_short(rows: Iterable[Row]) -> str:
    """What the sign says that some of them have, to go on with after a sentence; "" if none has it."""
    return f" {CUT_SHORT}" if any(row.timed_out for row in rows) else ""


def cells(rows: Sequence[Row], fault: Fault, contestants: Mapping[str, Contestant]) -> list[list[str]]:
    """Head and lines of one fault's table."""
    of_fault = [row for row in rows if row.fault == fault.name]
    ours = next((row for row in of_fault if row.contestant == OURS), None)
    table = [["design", *(column.title for column in COLUMNS)]]
    for row in of_fault:
        marks = [f" {BETTER}" if ours and column.better(row, ours) else "" for column in COLUMNS]
        title = contestants[row.contestant].title + (" (ended before it came to rest)" if row.timed_out else "")
        table.append([title, *(column.cell(row) + mark for column, mark in zip(COLUMNS, marks, strict=True))])
    return table


def _better(rows: Sequence[Row], contestants: Mapping[str, Contestant]) -> list[str]:
    """A line for each fault and figure in which somebody else needs less than ours."""
    lines = []
    for fault in _measured_faults(rows):
        of_fault = [row for row in rows if row.fault == fault.name]
        ours = next((row for row in of_fault if row.contestant == OURS), None)
        for column in COLUMNS if ours else ():
            better = [row for row in of_fault if ours and column.better(row, ours)]
            if better and ours:
                told = ", ".join(f"{contestants[row.contestant].title} {column.cell(row)}" for row in better)
                lines.append(f"{fault.title}, {column.title}: ours {column.cell(ours)}; {told}")
    return lines


def _ran(rows: Sequence[Row], contestants: Mapping[str, Contestant]) -> list[str]:
    lines = []
    for name in _measured(rows):
        mine = [row for row in rows if row.contestant == name]
        lines.append(f"**{contestants[name].title}**: {contestants[name].described} {_origin(mine)}")
    absent = [contestants[name].title for name in ORDER if name not in _measured(rows)]
    if absent:
        lines.append(f"Not measured yet, or left out as what they run on is not here: {', '.join(absent)}.")
    return lines


def _origin(rows: Sequence[Row]) -> str:
    """Of one design's rows: which code, when, on what; more than one of each, where the rows were measured at different times."""
    days = sorted({row.measured_at[:10] for row in rows})
    told = [
        each(f"{size(row)}, seed {row.seed}" for row in rows),
        commits(rows),
        days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}",
        each(row.machine for row in rows),
        each(row.versions for row in rows),
    ]
    return f"({'; '.join(told)}.)"


def commits(rows: Sequence[Row]) -> str:
    """Those at which these were measured."""
    known = each(row.commit for row in rows)
    return f"commits {known}" if " and " in known else f"commit {known}"


def size(row: Row) -> str:
    return f"{row.users:,} users at {row.rate:g} a second"


def each(values: Iterable[str]) -> str:
    """Those that differ, in words."""
    return " and ".join(dict.fromkeys(values))


def _measured(rows: Iterable[Row]) -> list[str]:
    there = {row.contestant for row in rows}
    return [name for name in ORDER if name in there]


def _measured_faults(rows: Iterable[Row]) -> list[Fault]:
    there = {row.fault for row in rows}
    return [fault for name, fault in BY_NAME.items() if name in there]
