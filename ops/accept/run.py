"""One run of the acceptance test, from the first look to the cleaning up."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops.accept import measures
from ops.accept.check import Check
from ops.accept.cohort import PERIOD, Cohort, Person
from ops.accept.measures import Measure
from ops.accept.rig import Rig
from ops.accept.trials import Trials
from ops.accept.witness import Witness
from ops.errors import RefusedError
from ops.selection import unfinished
from ops.session import Session
from shared.errors import FunctionStartError
from shared.producing.run import RunState

PAUSED_BY = "onlyonce accept: goes on by itself"
_SUPPRESSED = {"Suppressed", "OnAccountSuppressionList"}
_MARGIN_S = 180
_LATE_EVENTS_S = 5
"""So long is listened on when all have come: a second mail would be heard."""


@dataclass
class Outcome:
    """What a run has found."""

    began_at: datetime
    mails: int
    checks: list[Check] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failed(self) -> int:
        return sum(not check.passed for check in self.checks)


def refuse_unless_idle(session: Session) -> None:
    """A run pauses the campaign and reads its executions: no month may be under way. Raises RefusedError."""
    if session.paused and session.paused != PAUSED_BY:
        raise RefusedError(f"the campaign is paused ({session.paused}): `resume` first")
    running = [str(run.period) for run in session.open_runs.all() if run.state is RunState.RUNNING]
    if running:
        raise RefusedError(f"{', '.join(running)} is being produced: accept when no month is under way")
    waiting = next((key for key in unfinished(["OPEN"], session.messages) if key.period != PERIOD), None)
    if waiting:
        raise RefusedError(f"messages of {waiting.period} wait to be sent: accept when no month is under way")


def accept(session: Session, rig: Rig, say: Callable[[str], None], progress: Progress) -> Outcome:
    """Sends the mails, tries what is to be tried, and cleans up, also when interrupted. Raises RefusedError."""
    refuse_unless_idle(session)
    cohort = Cohort(secrets.token_hex(4))
    outcome, began = Outcome(session.clock(), len(cohort)), time.monotonic()
    outcome.checks += rig.readings.all()
    outcome.checks.append(rig.query())
    with _cleaned_up(session, rig, cohort) as witness:
        say("waiting until EventBridge brings the stack's events to a queue of this run")
        witness.wait_until_it_hears()
        _send(session, rig, witness, cohort, outcome, progress)
        outcome.checks += _one_mail_each(rig, witness, cohort)
        outcome.checks.append(rig.readings.no_dead_letters())
        outcome.measures += _measured(rig, witness, outcome)
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


def _send(session: Session, rig: Rig, witness: Witness, cohort: Cohort, outcome: Outcome, progress: Progress) -> None:
    trials = Trials(cohort, rig.messages, rig.functions, rig.machine, witness, session.campaign, session.clock)
    crowd, deadline = cohort.crowd, time.monotonic() + _MARGIN_S + 2 * len(cohort) / session.campaign.state().pace.rate
    rig.messages.put(*crowd)
    task = progress.add_task("mails with their last event", total=len(cohort))
    outcome.checks.append(trials.record_twice())
    outcome.checks.append(trials.execution_again())
    outcome.checks += trials.stopped_by_hand()
    _until_ended(rig, witness, crowd, deadline, lambda done: progress.update(task, completed=done))
    outcome.checks.append(trials.paused(PAUSED_BY, lambda: _resume(session)))
    _until_ended(rig, witness, tuple(cohort), deadline, lambda done: progress.update(task, completed=done))
    time.sleep(_LATE_EVENTS_S)
    witness.listen()


def _until_ended(
    rig: Rig, witness: Witness, people: Sequence[Person], deadline: float, tell: Callable[[int], None]
) -> None:
    while time.monotonic() < deadline:
        witness.listen()
        heard = [one for one in people if witness.heard[one.key.user_id].sent]
        done = sum(rig.messages.status(one) is one.ends for one in heard)
        tell(done)
        if done == len(people):
            return
        time.sleep(0.5)


def _one_mail_each(rig: Rig, witness: Witness, cohort: Cohort) -> Iterator[Check]:
    """Counted by the witness, not by the outbox."""
    heard = witness.heard
    none = [one.name for one in cohort if not heard[one.key.user_id].sent]
    more = [one.name for one in cohort if len(heard[one.key.user_id].sent) > 1]
    todo = "See `onlyonce doctor`; events come by best effort, so run it once more"
    yield Check("SES accepted a mail to everybody", not none, _listed(none) or f"{len(cohort)} mails", todo)
    yield Check(
        "Nobody has two", not more, _listed(more) or "no second Send event", "Pause the campaign: only once is broken"
    )
    for ends in dict.fromkeys(one.ends for one in cohort):
        people = [one for one in cohort if one.ends is ends]
        wrong = [f"{one.name} is {rig.messages.status(one)}" for one in people if rig.messages.status(one) is not ends]
        name = f"What {'/'.join(dict.fromkeys(_box(one) for one in people))} says makes a message {ends}"
        yield Check(name, not wrong, _listed(wrong) or f"{len(people)} messages", "See feedback's log and its rule")
    on_list = [one for one in cohort if _box(one) == "suppressionlist"]
    other = [one.name for one in on_list if not heard[one.key.user_id].subtypes & _SUPPRESSED]
    name = "A suppressed address is told from one that bounced"
    yield Check(name, not other, _listed(other) or f"{len(on_list)} events say so", "See feedback's log")


def _measured(rig: Rig, witness: Witness, outcome: Outcome) -> Iterator[Measure]:
    histories = [rig.machine.history(one) for one in rig.machine.since(outcome.began_at)]
    yield measures.wake_ups(histories)
    yield measures.transitions(histories, outcome.mails)
    yield measures.event_delays(witness.heard.values())
    for function in rig.functions.names:
        yield from measures.invocations(function, rig.reports(function, outcome.began_at))


@contextmanager
def _cleaned_up(session: Session, rig: Rig, cohort: Cohort) -> Iterator[Witness]:
    """Begins with what an interrupted run has left behind."""
    for run in rig.left_behind():
        _clean(session, rig, Cohort(run))
    try:
        yield rig.begin(cohort)
    finally:
        _clean(session, rig, cohort)


def _clean(session: Session, rig: Rig, cohort: Cohort) -> None:
    """Safe to repeat. The witness goes last: its name tells the next run what is left."""
    if session.paused == PAUSED_BY:
        _resume(session)
    rig.messages.remove(cohort)
    rig.end(cohort)


def _resume(session: Session) -> None:
    session.campaign.resume()
    with suppress(FunctionStartError):  # the scheduled sweep brings the messages back as well
        session.sweep()


def bar() -> Progress:
    """For a person to wait by."""
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


def _box(person: Person) -> str:
    return person.email.partition("+")[0]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
