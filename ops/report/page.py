"""The report as one page of HTML that needs nothing else: no script, no picture, no font from anywhere."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops import charts
from ops.bill.bill import Bill
from ops.bill.entries import Entry
from ops.decision import VERBS, typed
from ops.formatting import person
from ops.month.view import HeldGroup
from ops.pages.environment import environment
from ops.report import words
from ops.report.facts import Delivered, Facts
from shared.outbox.states import Status

HERE = Path(__file__).parent
BARS = {
    "under 2 s": 2,
    "2 to 5 s": 5,
    "5 to 15 s": 15,
    "15 s to 1 min": 60,
    "1 to 10 min": 600,
    "10 min to 1 h": 3600,
    "1 to 6 h": 21_600,
    "longer": float("inf"),
}
"""From the words for a bar to the seconds below which a mail is in it."""
CENT = 0.01


@dataclass(frozen=True)
class Compared:
    """One line of the comparison with the month before, in words."""

    name: str
    now: str
    before: str


@dataclass(frozen=True)
class Cost:
    """A bill as a person reads it: the dearest first, and what costs less than a cent in one line."""

    mails: Sequence[Entry]
    standing: Sequence[Entry]
    """Whatever is sent."""
    cheap: Sequence[Entry]

    @classmethod
    def of(cls, bill: Bill) -> "Cost":
        dearest = sorted(bill.entries, key=lambda entry: -entry.dollars)
        dear = [entry for entry in dearest if entry.dollars >= CENT]
        return cls(
            [entry for entry in dear if not entry.standing],
            [entry for entry in dear if entry.standing],
            [entry for entry in dearest if 0 < entry.dollars < CENT],
        )


def total(entries: Sequence[Entry]) -> float:
    return sum(entry.dollars for entry in entries)


def page(facts: Facts) -> str:
    """The page, the same for the same facts."""
    jinja = environment(HERE)
    jinja.filters |= {"person": person}
    return jinja.get_template("report.html").render(
        facts=facts,
        view=facts.view,
        counts=facts.view.counts,
        words=words,
        cost=Cost.of(facts.bill),
        compared=list(_compared(facts)),
        fitting=_fitting,
        amount=_amount,
        total=total,
        charts=_charts(facts),
        command=f"onlyonce list --status BOUNCED {facts.view.period}",
    )


def _charts(facts: Facts) -> dict[str, str]:
    """By name; one of which nothing is known is left out."""
    made, view = dict[str, str](), facts.view
    if view.curve is not None and facts.sent is not None:
        made["sending"] = charts.send_curve(view.curve, view.at)
    if view.curve is not None and any(sum(view.curve.counts.get(one, ())) for one in charts.HARMFUL):
        made["outcomes"] = charts.outcomes(view.curve, view.at)
    if facts.delivered is not None:
        made["delivery"] = charts.histogram(
            bars(facts.delivered), "Time from SES to the recipient's mail server", "mail"
        )
    return made


def bars(delivered: Delivered) -> dict[str, int]:
    """How many mails took how long."""
    numbers = dict.fromkeys(BARS, 0)
    for seconds in delivered.seconds:
        numbers[next(name for name, below in BARS.items() if seconds < below)] += 1
    return numbers


def _amount(entry: Entry) -> str:
    """With decimals where there are few."""
    return (
        f"{entry.quantity:,.0f}"
        if entry.quantity >= 100 or entry.quantity == int(entry.quantity)
        else f"{entry.quantity:,.3g}"
    )


def _fitting(group: HeldGroup) -> str:
    """The decisions that a held message takes."""
    return ", ".join(typed(one) for one in VERBS.values() if group.status in one.sources)


def _compared(facts: Facts) -> Iterator[Compared]:
    if facts.before is None:
        return
    for name, tell in _LINES.items():
        yield Compared(name, tell(facts), tell(facts.before))


def _share(*statuses: Status) -> Callable[[Facts], str]:
    return lambda facts: words.percent(facts.share(facts.number(*statuses)))


def _took(facts: Facts) -> str:
    return words.length(facts.sent.took) if facts.sent else "–"


def _median(facts: Facts) -> str:
    return words.length(facts.delivered.within(0.5)) if facts.delivered else "–"


def _a_thousand(facts: Facts) -> str:
    accepted = facts.view.counts.accepted
    return words.dollars(1000 * facts.bill.total / accepted) if accepted else "–"


_LINES: dict[str, Callable[[Facts], str]] = {
    "messages": lambda facts: f"{facts.total:,}",
    "rows rejected": lambda facts: f"{facts.view.run.rejected:,}" if facts.view.run else "–",
    "unsubscribed": lambda facts: f"{facts.view.run.unsubscribed:,}" if facts.view.run else "–",
    "mails that SES took": lambda facts: f"{facts.view.counts.accepted:,}",
    "arrived": lambda facts: words.percent(facts.share(facts.arrived)),
    "bounced": _share(Status.BOUNCED),
    "complained": _share(Status.COMPLAINED),
    "suppressed": _share(Status.SUPPRESSED),
    "held": lambda facts: f"{facts.view.counts.held:,}",
    "sending took": _took,
    "half of the mails delivered within": _median,
    "dollars": lambda facts: words.dollars(facts.bill.total),
    "dollars a thousand mails": _a_thousand,
}
"""Of the comparison."""
