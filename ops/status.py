"""A month as one look finds it, as text for people and as an object for scripts. Nothing in here asks AWS."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from ops.formatting import counted, person, plain, when
from ops.month.view import CampaignView, HeldGroup, MonthView, Ringing, RunView
from ops.session import FOREIGN
from shared.outbox.states import Status
from shared.periods import Period
from shared.times import to_text

BAR = 60
LISTED = 10
"""Groups of held messages, at most: `held` has them all."""
LATE_MS = 1_000
"""A wake-up that comes later is told of."""
Facts = Iterator[tuple[str, str]]


def render(view: MonthView) -> RenderableType:
    """The whole of it, for a terminal or a file."""
    table = Table(show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in facts(view):
        table.add_row(name, text)
    shown: list[RenderableType] = [f"{view.stage}, {when(view.at)}", headline(view)]
    if view.counts.total:
        shown.append(bar(_share(view)))
    shown.append(table)
    if view.held:
        shown.append(_held(view))
    return Group(*shown)


def bar(share: float) -> str:
    """A whole one is only for a share of 1."""
    done = int(BAR * share)
    return "█" * done + "░" * (BAR - done)


def headline(view: MonthView) -> str:
    """How far the month is, in one line."""
    counts = view.counts
    if not counts.total:
        return f"{view.period}: no message counted yet"
    through = _through(view)
    done = f"{view.period}: {through:,} of {counted(counts.total)} done ({int(100 * _share(view))}%)"
    by = f", done by {when(view.waiting.done_by)}" if counts.waiting and view.waiting.done_by else ""
    stands = view.campaign is not None and view.campaign.switch != "running"
    why = f": {view.campaign.switch}" if stands and view.campaign and counts.waiting else ""
    return f"{done}, {counts.waiting:,} waiting{why}, {counts.held:,} held{by}"


def _through(view: MonthView) -> int:
    """Messages that are final: sent, or withdrawn."""
    return view.counts.total - view.counts.waiting - view.counts.held


def _share(view: MonthView) -> float:
    return _through(view) / view.counts.total


def facts(view: MonthView) -> Facts:
    """Each with its name."""
    if view.foreign_table:
        yield "outbox", FOREIGN
    yield from _messages(view)
    yield from _waiting(view)
    yield from _campaign(view.campaign)
    yield from _run(view.run, view.period)
    yield from _alarms([one for one in view.alarms if one.state == "ALARM"])
    yield from (("can't be read", f"{what}: {plain(why)}") for what, why in view.unread.items())


def _messages(view: MonthView) -> Facts:
    statuses = [f"{number:,} {status}" for status, number in view.counts.statuses.items()]
    waiting = [f"{view.counts.waiting:,} waiting"] if view.counts.waiting else []
    yield "messages", ", ".join([*waiting, *statuses]) or "none counted yet"
    apart = {Status.SENT, Status.DELIVERED} & set(view.counts.statuses)
    if apart and view.counts.counted_at is not None:
        yield (
            "counted",
            f"SENT and DELIVERED were told apart at {when(view.counts.counted_at)}, and by SES's events since",
        )
    if view.counts.held:
        yield "held", f"{counted(view.counts.held)} for you to decide: `held --period {view.period}` lists them"


def _waiting(view: MonthView) -> Facts:
    """Why those that wait do not move, and until when: those of all months share the slots."""
    if not view.waiting.everywhere:
        return
    elsewhere = view.waiting.everywhere - view.counts.waiting
    if elsewhere > 0:
        yield "other months", f"{counted(elsewhere)} waiting as well, for the same slots"
    stands = view.campaign is None or view.campaign.switch != "running"
    if stands:
        yield "they wait", view.waiting.why
    elif view.waiting.without_slot:
        yield "without a slot", f"{counted(view.waiting.without_slot)}, waiting {view.waiting.why}"
    if view.waiting.done_by is not None:
        yield "done by", when(view.waiting.done_by)


def _campaign(campaign: CampaignView | None) -> Facts:
    if campaign is None:
        yield "campaign", "no record yet: nothing has run on this stack"
        return
    yield "campaign", _switch(campaign)
    share = campaign.rate / campaign.full_rate if campaign.full_rate else 1
    slowed = f" ({share:.0%}: SES refused at {when(campaign.slowed_at)})" if campaign.slowed_at else ""
    yield "pace", f"{campaign.rate:,.1f} of {campaign.full_rate:,.1f} mails a second{slowed}"
    if campaign.rate_now is not None:
        yield "rate now", f"{campaign.rate_now:,.1f} mails a second, as SES took them in the last whole minute"
    limit = "without limit" if campaign.daily is None else f"of {campaign.daily:,}"
    yield "in 24 hours", f"{campaign.slots_in_24_hours:,} slots {limit}; a mail that is planned anew has had several"
    if campaign.planned_until is not None:
        yield "planned", f"{campaign.slots_ahead:,} slots, until {when(campaign.planned_until)}"
    if campaign.claimed_up_to is not None:
        yield "last claimed", f"a message that changed at {when(campaign.claimed_up_to)}"
    if campaign.late_ms > LATE_MS:
        yield "late", f"the last wake-up came {campaign.late_ms / 1000:,.1f} s late"


def _switch(campaign: CampaignView) -> str:
    if campaign.switch == "paused":
        return f"PAUSED since {when(campaign.since or 'unknown')}: {campaign.reason}"
    if campaign.switch == "backing off":
        return f"waits until {when(campaign.until or 'unknown')}: {campaign.reason}"
    return f"{campaign.switch}: {campaign.reason}" if campaign.reason else campaign.switch


def _run(run: RunView | None, period: Period) -> Facts:
    if run is None:
        yield "run", f"no run of {period}"
        return
    note = f" ({run.note})" if run.note else ""
    listed = " (`rejected` lists them)" if run.rejected else ""
    skipped = f"{run.rejected:,} rejected{listed}, {run.unsubscribed:,} unsubscribed"
    rows = f" of {counted(run.rows, 'row')}" if run.rows else ""
    yield "run", f"{run.state}{note}: {counted(run.produced)}{rows}, {skipped}"
    if run.started_at is not None:
        sign = f", last sign {when(run.noted_at)}" if run.noted_at else ""
        yield "started", f"{when(run.started_at)}{sign}"
    for word, reason in run.stopped_for.items():
        yield "stopped for", f"{word}: {reason}"


def _alarms(ringing: Sequence[Ringing]) -> Facts:
    for one in ringing:
        since = f" since {when(one.since)}" if one.since else ""
        yield "rings", f"{one.name}{since}: {one.says}"


def _held(view: MonthView) -> Table:
    table = Table(header_style="bold")
    for head in ("held", "status", "reason", "such as"):
        table.add_column(head, justify="right" if head == "held" else "left", overflow="fold", no_wrap=head == "status")
    for group in view.held[:LISTED]:
        table.add_row(*_cells(group))
    rest = view.counts.held - sum(group.number for group in view.held[:LISTED])
    if rest > 0:
        table.add_row(f"{rest:,}", "", "for other reasons, or not read", "")
    return table


def _cells(group: HeldGroup) -> tuple[str, str, str, str]:
    return f"{group.number:,}", group.status, group.reason, person(group.example)


def for_scripts(view: MonthView) -> dict[str, Any]:
    """All of it but the curve."""
    told = {one.name: _plain(getattr(view, one.name)) for one in fields(view) if one.name != "curve"}
    return {**told, "counts": {**told["counts"], "held": view.counts.held, "accepted": view.counts.accepted}}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, Period):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value
