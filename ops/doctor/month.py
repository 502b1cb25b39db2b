"""Does anything wait for a person: the campaign, a run, messages?"""

from collections.abc import Iterator

from ops.doctor.deployed import Deployed
from ops.doctor.finding import Finding, ok, warning, wrong
from ops.formatting import counted, plain, when
from shared.pacing.control_item import KEY
from shared.producing.run import PREFIX


def campaign(deployed: Deployed) -> Iterator[Finding]:
    """Whether it runs."""
    session = deployed.session
    if session.control.get(KEY) is None:
        yield warning("the campaign has no record yet", "the sweeper writes it within minutes of the first deployment")
        return
    state = session.campaign.state()
    if state.paused is not None:
        yield wrong(
            f"the campaign is paused: {plain(state.paused)}", "docs/runbook.md, PausedAlarm; then `onlyonce resume`"
        )
    elif state.halted(session.clock()) is not None and state.backs_off_until:
        yield warning(
            f"the campaign waits until {when(state.backs_off_until)}: {plain(state.back_off_reason)}",
            "it goes on by itself",
        )
    elif state.pace.stands_still:
        yield wrong("the campaign stands still: its quota is 0", "ask for a quota; the sweeper takes it up")
    else:
        yield ok("the campaign runs")


def runs(deployed: Deployed) -> Iterator[Finding]:
    """A month with which nothing goes on."""
    waiting = deployed.session.open_runs.waiting()
    for run in waiting:
        month = plain(run["name"].removeprefix(PREFIX))
        why = ", ".join(map(plain, run.get("stopped_for", {}))) or "nobody is at work"
        yield wrong(f"the production of {month} stands still: {why}", f"`onlyonce status {month}` says how to go on")
    if not waiting:
        yield ok("no month's production stands still")


def held(deployed: Deployed) -> Iterator[Finding]:
    """Messages that wait for a decision."""
    number = deployed.session.outbox.held()
    if number:
        yield wrong(
            f"{counted(number)} held: each waits for a decision",
            "`onlyonce held` lists them; docs/runbook.md, HeldAlarm",
        )
    else:
        yield ok("no message is held")
