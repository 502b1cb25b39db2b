"""The charts of a month: what SES took, beside what the pace allows, and what became of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ops.formatting import counted
from ops.month.view import Curve
from ops.svg import ACCENT, BAD, GOOD, INK, LINE, MIND, as_svg, drawing

ACCEPTED, DELIVERED, BOUNCED, COMPLAINED, REFUSED = (
    "mark_sent",
    "mark_delivered",
    "mark_bounced",
    "mark_complained",
    "throttled",
)
HARMFUL = (BOUNCED, COMPLAINED)
MOST_STEPS = 360
"""More could not be told apart in a page's width."""
_SHORT = timedelta(minutes=15)
HIGHEST_LINE = 8
"""Times the fastest step: a line that is higher would leave the curve flat on the ground, and is told in words."""


def send_curve(curve: Curve, at: datetime) -> str:
    """Mails that SES accepted, against the quota's line; where it did not take one for now there is a mark."""
    shown = shown_part(curve, at)
    accepted, refused = (_counts(shown, one) for one in (ACCEPTED, REFUSED))
    step_s, pace = shown.step.total_seconds(), shown.per_step / shown.step.total_seconds()
    fastest = max(accepted) / step_s
    line = pace if pace <= HIGHEST_LINE * fastest or not fastest else 0.0
    highest = max(line, fastest) or 1
    with drawing():
        figure, axes = _time_figure(shown, at, 2.7)
        _stairs(axes, shown, [count / step_s for count in accepted], ACCENT, "accepted by SES")
        if pace:
            above = "" if line else ", far above"
            label = f"the pace: {pace:,.4g} a second{above}"
            axes.axhline(line or math.nan, color=INK, linestyle=(0, (4, 3)), linewidth=1.1, label=label)
        if not any(accepted):
            axes.text(0.5, 0.4, "no mail yet", transform=axes.transAxes, ha="center")
        where = [_at(shown, number + 0.5) for number, count in enumerate(refused) if count]
        if where:
            label = f"not taken for now: {sum(refused):,.0f}"
            axes.plot(where, [highest * 1.08] * len(where), "v", color=BAD, markersize=5, clip_on=False, label=label)  # type: ignore[arg-type]
        axes.set_ylim(0, highest * 1.15)
        axes.set_ylabel("mails a second")
        _legend(axes)
        return as_svg(figure, "Mails that SES accepted, against the pace", _of_sending(shown, accepted, refused, pace))


def outcomes(curve: Curve, at: datetime) -> str:
    """Bounces and complaints over time."""
    shown = shown_part(curve, at)
    bounced, complained = (_counts(shown, one) for one in (BOUNCED, COMPLAINED))
    with drawing():
        figure, axes = _time_figure(shown, at, 1.9)
        _stairs(axes, shown, bounced, MIND, f"bounced: {sum(bounced):,.0f}")
        _stairs(axes, shown, complained, BAD, f"complained: {sum(complained):,.0f}")
        axes.set_ylim(0, max([*bounced, *complained, 1]) * 1.15)
        axes.set_ylabel(f"mails in {_length(shown.step)}")
        _legend(axes)
        said = f"{counted(int(sum(bounced)), 'mail')} bounced, {sum(complained):,.0f} drew a complaint."
        return as_svg(figure, "Bounces and complaints over time", said)


def histogram(bars: Mapping[str, int], title: str, noun: str) -> str:
    """How many of each kind, in the order given: one bar each, with its number."""
    most, total = max(bars.values(), default=0), sum(bars.values())
    with drawing():
        figure = Figure(figsize=(8, 2.2), layout="constrained")
        axes = figure.subplots()
        drawn = axes.bar(list(bars), list(bars.values()), color=GOOD, alpha=0.75, width=0.8)
        axes.bar_label(drawn, [f"{number:,}" for number in bars.values()], padding=2, color=INK)
        axes.set_ylim(0, (most or 1) * 1.18)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="x", length=0)
        said = "; ".join(f"{name}: {number:,}" for name, number in bars.items())
        return as_svg(figure, title, f"Of {counted(total, noun)}: {said}.")


def shown_part(curve: Curve, at: datetime) -> Curve:
    """The part in which something happened, up to `at` where that is near, in as many steps as a page can show."""
    busy = [number for number in range(len(curve.steps)) if any(counts[number] for counts in curve.counts.values())]
    if not busy:
        return replace(curve, counts={name: counts[:1] for name, counts in curve.counts.items()})
    first, end = max(0, busy[0] - 1), busy[-1] + 2
    until_now = math.ceil((at - curve.start) / curve.step)
    if (until_now - end) * curve.step <= max(_SHORT, (end - first) * curve.step / 2):
        end = max(end, until_now)
    counts = {name: counts[first:end] for name, counts in curve.counts.items()}
    return _coarser(replace(curve, start=curve.start + first * curve.step, counts=counts))


def _coarser(curve: Curve) -> Curve:
    """Several steps as one, where there are too many."""
    joined = math.ceil(len(curve.steps) / MOST_STEPS)
    if joined <= 1:
        return curve
    counts = {
        name: [sum(counts[start : start + joined]) for start in range(0, len(counts), joined)]
        for name, counts in curve.counts.items()
    }
    return replace(curve, step=joined * curve.step, counts=counts, per_step=joined * curve.per_step)


def _time_figure(curve: Curve, at: datetime, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.subplots()
    first, last = curve.start, _at(curve, max(1, len(curve.steps)))
    axes.set_xlim(first, last)  # type: ignore[arg-type]
    locator = dates.AutoDateLocator(tz="UTC", minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(_times(locator))
    axes.set_xlabel(_days(first, last))
    axes.grid(axis="y")
    if first <= at <= last:
        axes.axvline(at, color=LINE, linewidth=1)  # type: ignore[arg-type]
    return figure, axes


def _times(locator: dates.AutoDateLocator) -> dates.ConciseDateFormatter:
    hour, day = "%H:%M", "%-d %b"
    return dates.ConciseDateFormatter(
        locator,
        tz="UTC",
        formats=["%Y", "%b", day, hour, hour, "%H:%M:%S"],
        zero_formats=["", "%Y", day, day, hour, hour],
        show_offset=False,
    )


def _days(first: datetime, last: datetime) -> str:
    days = [f"{one:%-d %B %Y}" for one in (first, last)]
    return f"{days[0]}, UTC" if days[0] == days[1] else f"{days[0]} to {days[1]}, UTC"


def _stairs(axes: Axes, curve: Curve, values: Sequence[float], colour: str, label: str) -> None:
    edges = dates.date2num([_at(curve, number) for number in range(len(values) + 1)])
    axes.stairs(values, edges, color=colour, alpha=0.25, fill=True)
    axes.stairs(values, edges, color=colour, linewidth=1.4, label=label)


def _legend(axes: Axes) -> None:
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False, ncols=3, borderaxespad=0.1, handlelength=1.6)


def _counts(curve: Curve, metric: str) -> Sequence[float]:
    return curve.counts.get(metric) or [0.0] * max(1, len(curve.steps))


def _at(curve: Curve, number: float) -> datetime:
    return curve.start + number * curve.step


def _length(step: timedelta) -> str:
    minutes, seconds = divmod(int(step.total_seconds()), 60)
    return counted(minutes, "minute") if minutes and not seconds else counted(int(step.total_seconds()), "second")


def _of_sending(curve: Curve, accepted: Sequence[float], refused: Sequence[float], pace: float) -> str:
    fastest = max(accepted) / curve.step.total_seconds()
    return (
        f"SES accepted {counted(int(sum(accepted)), 'mail')}, at most {fastest:,.4g} a second within "
        f"{_length(curve.step)}; the pace allows {pace:,.4g}. It did not take {sum(refused):,.0f} for now."
    )
