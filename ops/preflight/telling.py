"""What a look has found, as tables for a person."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from rich.table import Table

from ops.doctor.examination import line_of
from ops.formatting import counted, person, plain, when
from ops.preflight.course import Course
from ops.preflight.figures import Before, Figures
from ops.session import Session
from shared.producing.rejected_rows import RejectedRow


def show(session: Session, found: Figures, *, reveal: bool) -> None:
    for table_or_line in _told(found, reveal=reveal):
        if isinstance(table_or_line, str):
            session.say(table_or_line)
        else:
            session.console.print(table_or_line)


def _told(found: Figures, *, reveal: bool) -> Iterator[Table | str]:
    yield f"\n{found.stage}, {found.period}, {when(found.at)}"
    if found.early:
        yield (
            f"! {found.period} is not over in UTC until {when(found.period.ends_at)}: these figures are of the data until now, "
            "and this result can't be handed on"
        )
    if found.state:
        yield f"! the month's run is {found.state}: `onlyonce status {found.period}` tells of it"
    yield _rows(found)
    if found.rejected:
        yield _rejected(found, reveal=reveal)
    yield from _stops(found)
    yield _courses(found)
    yield _bill(found)
    yield from _account(found)
    yield from _mails(found)
    yield from _verdict(found)


def _rows(found: Figures) -> Table:
    checks, known = found.checks, found.known
    befores = [found.before] if found.before else []
    table = _table(str(found.period), *(str(before.period) for before in befores))

    def line(name: str, now: int | None, of: Callable[[Before], int | None] = lambda _: None) -> None:
        table.add_row(name, _number(now), *(_number(of(before)) for before in befores))

    line("rows", checks.rows, lambda before: before.rows)
    line("would get a message", checks.usable, lambda before: before.messages)
    line("  of them to a suppressed address: SES sends no mail", found.to_suppressed)
    line("skipped, unsubscribed", checks.unsubscribed, lambda before: before.unsubscribed)
    line("rejected", checks.rejected, lambda before: before.rejected)
    line("rows of a user who has one before", checks.twice + checks.repeated)
    drawn = "of all users" if known.exact else f"of {known.asked} users drawn from all"
    table.add_row(f"have a message already, {drawn}", f"{known.have:,}")
    if known.produced:
        table.add_row("  by the record of its run, at least", f"{known.produced:,}")
    table.add_row("would be put", f"{'' if known.exact or not known.have else 'some '}{known.fresh:,}")
    return table


def _rejected(found: Figures, *, reveal: bool) -> Table:
    table = _table("rows", "for example")
    table.columns[2].justify = "left"
    for column, number in sorted(found.checks.columns.items(), key=lambda one: (-one[1], one[0])):
        examples = [_example(row, reveal=reveal) for row in found.rejected.get(column.partition(",")[0], ())]
        table.add_row(f"rejected for {plain(column)}", f"{number:,}", "\n".join(examples))
    return table


def _example(row: RejectedRow, *, reveal: bool) -> str:
    who = "no user" if row.user_id is None else person(row.user_id)
    return f"{who}, row {row.row:,}: {plain(row.reason, reveal=reveal)}"


def _stops(found: Figures) -> Iterator[str]:
    limits = found.limits
    change = f"{limits.change:.0%} more or fewer rows than last month (maxChange)"
    yield f"limits: {limits.rejected:.1%} rejected (maxRejected), {change}"
    for word, reason in found.findings.items():
        yield f"✗ the run would stop, {word}: {plain(reason)}"
    for word in found.accepted:
        yield f"! the run would stop for {word}, and somebody has accepted it"
    if found.to_suppressed is None:
        yield f"! nobody can tell whom SES keeps mails from: {plain(found.suppression)}"


def _courses(found: Figures) -> Table:
    sending = found.sending
    daily = "any number" if sending.daily is None else f"{sending.daily:,}"
    pace = f"{sending.rate:,.1f} mails a second, {daily} in 24 hours; {sending.used:,} are used"
    table = _table("begins", "takes", "done", title=pace)
    table.add_row("by hand, as soon as may be", *_course(sending.by_hand))
    if sending.by_schedule:
        table.add_row("by the schedule", *_course(sending.by_schedule))
    else:
        table.add_row("by the schedule", plain(sending.unscheduled), "", "")
    if sending.halted:
        table.caption = f"nothing is sent until `resume`: {plain(sending.halted)}"
    return table


def _course(course: Course) -> tuple[str, str, str]:
    if course.done is None or course.takes is None:
        return when(course.start), "", "never: the quota is 0"
    return when(course.start), _hours(course.takes), when(course.done)


def _hours(takes: timedelta) -> str:
    minutes = round(takes / timedelta(minutes=1))
    return f"{minutes // 60:,} h {minutes % 60} min"


def _bill(found: Figures) -> Table:
    table = _table("quantity", "dollars", title=f"${found.bill.total:,.2f} for the month")
    for one in found.bill.entries:
        if round(one.dollars, 2):
            table.add_row(one.name, f"{one.quantity:,.0f} {one.unit}", f"{one.dollars:,.2f}")
    table.caption = found.bill.note
    return table


def _account(found: Figures) -> Iterator[str]:
    """Without what is in order."""
    yield f"\nthe stage and its account, as `onlyonce doctor` finds them: {counted(len(found.account), 'line')} to read"
    for group, finding in found.account:
        yield f"  {line_of(finding)} ({group})"


def _mails(found: Figures) -> Iterator[str]:
    if found.mails is None:
        yield f"no mail is shown: {plain(found.no_mails)}"
    else:
        yield f"sample mails, of the template {found.template}, which SES has from now on: {found.mails.as_uri()}"
        yield "That page holds what recipients are told: delete it when it was seen"


def _verdict(found: Figures) -> Iterator[str]:
    execution = found.answered.execution
    scanned = "" if execution.scanned_bytes is None else f", {execution.scanned_bytes:,} bytes read"
    paid = "paid for by this look" if found.answered.asked else "asked before"
    yield f"\nresult {execution.query_id}, {when(execution.submitted_at)}{scanned}, {paid}"
    if found.unfit:
        yield f"{'!' if not found.other else '✗'} no run takes this result: {'; '.join(map(plain, found.unfit))}"
    elif found.state:
        yield f"to put exactly this: `onlyonce produce {found.period} --again --result {execution.query_id}`"
    else:
        yield f"to send exactly this: `onlyonce produce {found.period} --result {execution.query_id}`"
    yield "✓ nothing speaks against it" if found.may_go_out else "✗ something is wrong, or would stop the run"


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _table(*heads: str, title: str = "") -> Table:
    table = Table("", header_style="bold", title=title or None, title_justify="left", caption_justify="left")
    for head in heads:
        table.add_column(head, justify="right", overflow="fold")
    return table
