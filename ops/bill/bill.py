"""What a month costs, item by item: expected before it, and so far."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.bill import metrics, prices
from ops.bill.entries import (
    INVOKED,
    LAPS,
    LOGGED,
    MOVED,
    READ,
    SWEEPING,
    SWEPT,
    TIME,
    WRITTEN,
    Entry,
    entry,
    logs,
    mails,
    of_messages,
    of_query,
    standing,
)
from ops.bill.units import Sending
from ops.doctor.deployed import Deployed
from ops.errors import UnreadableError
from ops.month.view import CampaignView, MonthView
from ops.questions import Ask
from ops.session import Session
from shared.periods import Period

NOTE = (
    f"An estimate, not an invoice: AWS's list prices in {prices.REGION}, without free tiers, discounts and taxes. Not in it: "
    "what the events cost to store, X-Ray, a key of one's own, and the starts of functions."
)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Bill:
    entries: Sequence[Entry]
    note: str = NOTE
    """To be shown with it."""

    @property
    def total(self) -> float:
        return sum(entry.dollars for entry in self.entries)


def expected(messages: int, sending: Sending, scanned_bytes: float | None = None) -> Bill:
    """A month of so many messages, all delivered, in which nothing goes wrong. `scanned_bytes`: of the query, where it has
    been asked.
    """
    return Bill([*of_messages(messages, sending), *of_query(messages, scanned_bytes), *standing(sending)])


def so_far(session: Session, view: MonthView) -> Bill:
    """By what happened, where AWS tells, and by what is expected of so many messages where it does not."""
    deployed = Deployed.of(session)
    sending = sending_of(deployed, view.campaign)
    measures = [*metrics.of_functions(deployed), *metrics.of_tables(deployed), *metrics.of_executions(deployed)]
    told = metrics.sums(session.read, measures, *_between(view))
    done = view.counts.total - view.counts.waiting
    items = {one.name: one for one in expected(done, sending, _scanned(session, view)).entries}
    items |= {one.name: one for one in [mails(view.counts.accepted, sending.plan, measured=True), *_measured(told)]}
    covered = {*((LAPS,) if READ in told else ()), *((SWEPT, SWEEPING) if TIME in told else ())}
    paid = prices.METRIC_ASKED.of(len(measures))
    note = f"{NOTE} To tell it, CloudWatch was asked for {len(measures)} metrics, which costs ${paid:.5f}."
    return Bill([one for name, one in items.items() if name not in covered], note)


def sending_of(deployed: Deployed, campaign: CampaignView | None) -> Sending:
    """As the stage is deployed and the campaign goes at its full rate; what can't be read is as by default."""
    default, settings = Sending(0, None), dict[str, str]()
    with suppress(UnreadableError):
        settings |= deployed.variables("Claim")
    batch, days = settings.get("SEND_BATCH_SIZE", "auto"), settings.get("RETENTION_DAYS")
    return Sending(
        rate=0 if campaign is None or campaign.daily == 0 else campaign.full_rate,
        daily=campaign.daily if campaign else None,
        batch=0 if batch == "auto" else int(batch),
        plan=plan_of(deployed.ask),
        retention=timedelta(days=int(days)) if days else default.retention,
        sweep_every=deployed.session.stage.sweep_every,
    )


def plan_of(ask: Ask) -> str:
    """The account's plan at SES (source: ses-price)."""
    with suppress(UnreadableError):
        return str(ask("sesv2", "get_account").get("PricingAttributes", {}).get("CurrentPlan", "NONE"))
    return "NONE"


def works_until(started_at: datetime) -> datetime:
    """When the stack begins to work on another month at the earliest, after the run that started then: what is measured from
    then on is of both.
    """
    return Period(started_at.date().replace(day=1)).ends_at


def _between(view: MonthView) -> tuple[datetime, datetime]:
    """Whole hours, from the run's beginning on: CloudWatch has no shorter ones of months ago (source: cw-get-metric-data)."""
    started_at = view.run.started_at if view.run else None
    start = (started_at or view.period.ends_at).replace(minute=0, second=0, microsecond=0)
    return start, max(min(view.at, works_until(start)), start + HOUR)


def _measured(told: dict[str, float]) -> list[Entry]:
    by = {
        WRITTEN: prices.WRITE_UNIT,
        READ: prices.READ_UNIT,
        INVOKED: prices.INVOCATION,
        TIME: prices.GB_SECOND,
        MOVED: prices.TRANSITION,
    }
    items = [entry(name, told[name], price, measured=True) for name, price in by.items() if name in told]
    return [*items, *(logs(told[LOGGED], measured=True) if LOGGED in told else ())]


def _scanned(session: Session, view: MonthView) -> float | None:
    """What the run's query has read; None: Athena does not tell (any more)."""
    query_id = (session.runs.get(view.period) or {}).get("query_id")
    with suppress(UnreadableError):
        if query_id:
            told = session.read("athena", "get_query_execution", QueryExecutionId=query_id)["QueryExecution"]
            scanned = told.get("Statistics", {}).get("DataScannedInBytes")  # while it runs, there may be none
            return None if scanned is None else float(scanned)
    return None
