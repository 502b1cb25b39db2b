"""What a report says in sentences."""

import re
from datetime import timedelta

from ops.formatting import counted
from ops.report.facts import Facts
from shared.outbox.states import Status
from shared.periods import Period

REVIEWED_BOUNCES, REVIEWED_COMPLAINTS = 0.05, 0.001
"""Shares from which on SES may review the account (source: ses-reputation)."""


MEANING = {
    Status.SENT: "SES took it, and has not said more",
    Status.DELIVERED: "the recipient's mail server took it",
    Status.SUPPRESSED: "on a suppression list: SES did not send it",
    Status.BOUNCED: "the recipient's mail server refused it",
    Status.COMPLAINED: "arrived, and was marked as spam",
    Status.FAILED: "never sent; a person decides",
    Status.UNCERTAIN: "perhaps sent: SES's answer was lost; a person decides",
    Status.CANCELLED: "withdrawn before it was sent",
}


def month(period: Period) -> str:
    return f"{period.start:%B %Y}"


def length(time: timedelta) -> str:
    """As people say it: 1 d 3 h, 12 min, 5 s."""
    seconds = round(time.total_seconds())
    parts = [(seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    said = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(said[:2]) or f"{time.total_seconds():.1f} s"


def percent(share: float | None) -> str:
    """Never 100 % of what is not all, nor 0 % of something."""
    if share is None:
        return "–"
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    text = f"{share:.2%}" if 0 < share < 0.01 or 0.99 < share < 1 else f"{share:.1%}"
    return {"0.00%": "< 0.01 %", "100.00%": "> 99.99 %"}.get(text if 0 < share < 1 else "", text.replace("%", " %"))


def dollars(amount: float) -> str:
    """To the cent."""
    return f"${amount:,.2f}" if amount >= 0.005 or amount == 0 else "under a cent"


def people(text: str) -> str:
    """Of each AWS identity in it only the part that names the person."""
    return re.sub(r"arn:[\w-]+:(?:[\w-]*:){2,3}", "", text)


def tone(facts: Facts) -> str:
    """good, mind, bad or wait, as ops/pages/style.css has them."""
    if facts.accounts.missing or facts.view.foreign_table or _stopped(facts):
        return "bad"
    if facts.view.counts.held or _reviewed(facts):
        return "mind"
    return "good" if facts.over else "wait"


def headline(facts: Facts) -> str:
    """The outcome, in one sentence."""
    of, counts = month(facts.view.period), facts.view.counts
    if _stopped(facts):
        return f"{of} has stopped before it was produced, and waits for a person."
    if not facts.over:
        part = percent((counts.total - counts.waiting) / counts.total) if counts.total else "0 %"
        return f"{of} is on its way: {part} of {counted(counts.total)} so far are done."
    if not counts.total:
        return f"{of} had nobody to send a mail to."
    if counts.held:
        return f"{of} is sent, but for {counted(counts.held)} that {_wait(counts.held)} for a person's decision."
    return f"{of} is sent: {percent(facts.share(facts.arrived))} of {counted(counts.accepted, 'mail')} have arrived."


def sentences(facts: Facts) -> list[str]:
    """What else a person should know first."""
    return [*_of_time(facts), *_of_arrival(facts), *_of_trouble(facts)]


def missing(number: int) -> str:
    """As the beginning of a sentence."""
    return f"{counted(number)} that {'was produced is' if number == 1 else 'were produced are'}"


def _of_time(facts: Facts) -> list[str]:
    counts, sent = facts.view.counts, facts.sent
    said = f"SES took {counted(counts.accepted, 'mail')} of {counted(counts.total)}"
    if sent is None:
        return [f"{said}."]
    pace = f", {sent.times_the_pace:.2f} times as long as the pace needs" if sent.times_the_pace else ""
    return [f"{said} in {length(sent.took)}{pace}."]


def _of_arrival(facts: Facts) -> list[str]:
    if not facts.view.counts.accepted:
        return []
    bounced, complained = facts.number(Status.BOUNCED), facts.number(Status.COMPLAINED)
    if not bounced and not complained:
        return [f"{facts.arrived:,} have arrived. None bounced, and none drew a complaint."]
    return [
        f"{facts.arrived:,} have arrived, {bounced:,} bounced ({percent(facts.share(bounced))}), and {complained:,} drew a "
        f"complaint ({percent(facts.share(complained))})."
    ]


def _of_trouble(facts: Facts) -> list[str]:
    said = []
    if facts.accounts.missing:
        said.append(f"{missing(facts.accounts.missing)} not in the outbox, or can't be read.")
    if facts.view.foreign_table:
        said.append("The outbox is another table than this stack has worked with: nothing is moved.")
    if _reviewed(facts):
        said.append("That is more than SES takes without a review of the account.")
    if facts.view.campaign and facts.view.campaign.reason and not facts.over:
        said.append(f"The campaign is {facts.view.campaign.switch}: {facts.view.campaign.reason}.")
    return said


def _stopped(facts: Facts) -> bool:
    return facts.view.run is not None and facts.view.run.state == "STOPPED"


def _reviewed(facts: Facts) -> bool:
    bounced, complained = (facts.share(facts.number(one)) or 0 for one in (Status.BOUNCED, Status.COMPLAINED))
    return bounced >= REVIEWED_BOUNCES or complained >= REVIEWED_COMPLAINTS


def _wait(number: int) -> str:
    return "waits" if number == 1 else "wait"
