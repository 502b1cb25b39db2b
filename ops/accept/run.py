"""One run of the acceptance test, from the first look to the cleaning up."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ops.accept import measures
from ops.accept.check import Check
from ops.accept.cohort import PERIOD, Cohort, Person
from ops.accept.measures import Measure
from ops.accept.rig import Rig
from ops.accept.trials import Trials
from ops.accept.verdicts import verdicts
from ops.accept.witness import Witness
from ops.errors import RefusedError
from ops.selection import unfinished
from ops.session import Session
from shared.errors import FunctionStartError
from shared.producing.run import RunState

PAUSED_BY = "onlyonce accept: goes on by itself"
PATIENCE = timedelta(minutes=3)
_LATE_EVENTS_S = 5
"""So long is listened on when all have come: a second mail would be heard."""
_LOOKS_EVERY_S = 0.5


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
    """A run pauses the campaign and takes slots: no month may be under way. Raises RefusedError."""
    if session.paused and session.paused != PAUSED_BY:
        raise RefusedError(f"the campaign is paused ({session.paused}): `resume` first")
    if session.stage.by_airflow:
        raise RefusedError(
            "this stage is Airflow's, and its functions claim nothing: try the DAG there (docs/airflow.md), or accept the stage "
            "before it has `engine: airflow`"
        )
    running = [str(run.period) for run in session.open_runs.all() if run.state is RunState.RUNNING]
    if running:
        raise RefusedError(f"{', '.join(running)} is being produced: accept when no month is under way")
    waiting = next((key for key in unfinished(["OPEN"], session.messages) if key.period != PERIOD), None)
    if waiting:
        raise RefusedError(f"messages of {waiting.period} wait to be sent: accept when no month is under way")


@dataclass(frozen=True)
class Acceptance:
    """A run. `tell` is told how many of all mails have had their last event."""

    session: Session
    rig: Rig
    tell: Callable[[int], None] = lambda _: None
    wait: Callable[[float], None] = time.sleep
    patience: timedelta = PATIENCE
    """For the last events, beyond what the mails take at the campaign's pace."""
    cohort: Cohort = field(default_factory=Cohort.new)

    def carry_out(self) -> Outcome:
        """Looks, sends, tries, and cleans up, also when interrupted. Raises RefusedError."""
        refuse_unless_idle(self.session)
        outcome = Outcome(self.session.clock(), len(self.cohort))
        outcome.checks += [*self.rig.readings.all(), self.rig.query()]
        with self._cleaned_up() as witness:
            witness.wait_until_it_hears(self.wait)
            outcome.checks += self._try(witness)
            statuses = {person: self.rig.messages.status(person) for person in self.cohort}
            outcome.checks += [*verdicts(self.cohort, witness.heard, statuses), self.rig.readings.no_dead_letters()]
            outcome.measures += self._measured(witness, outcome)
        outcome.seconds = round((self.session.clock() - outcome.began_at).total_seconds(), 1)
        return outcome

    def _try(self, witness: Witness) -> Iterator[Check]:
        rig, session = self.rig, self.session
        trials = Trials(
            self.cohort, rig.messages, rig.functions, rig.machine, witness, session.campaign, session.clock, self.wait
        )
        rig.messages.put(*self.cohort.crowd)
        yield trials.record_twice()
        yield trials.execution_again()
        yield from trials.stopped_by_hand()
        self._until_ended(witness, self.cohort.crowd)
        yield trials.paused(PAUSED_BY, self._resume)
        self._until_ended(witness, tuple(self.cohort))
        self.wait(_LATE_EVENTS_S)
        witness.listen()

    def _until_ended(self, witness: Witness, people: Sequence[Person]) -> None:
        """Each of them has had the last event of their mail, or the time is over."""
        seconds = len(people) / self.session.campaign.state().pace.rate
        until = self.session.clock() + self.patience + timedelta(seconds=seconds)
        while self.session.clock() < until:
            witness.listen()
            heard = [person for person in people if witness.heard[person.key.user_id].sent]
            done = sum(self.rig.messages.status(person) is person.ends for person in heard)
            self.tell(done)
            if done == len(people):
                return
            self.wait(_LOOKS_EVERY_S)

    def _measured(self, witness: Witness, outcome: Outcome) -> Iterator[Measure]:
        rig, began_at = self.rig, outcome.began_at
        histories = [rig.machine.history(one) for one in rig.machine.since(began_at)]
        yield measures.wake_ups(histories)
        yield measures.transitions(histories, outcome.mails)
        yield measures.event_delays(witness.heard.values())
        now, cloudwatch = self.session.clock(), rig.clients("cloudwatch")
        for function, name in rig.functions.names.items():
            yield measures.invocations(function, name, began_at, now, cloudwatch)
        yield measures.write_units(rig.outbox_table, began_at, now, outcome.mails, cloudwatch)
        yield from rig.calls.measures()

    @contextmanager
    def _cleaned_up(self) -> Iterator[Witness]:
        """Begins with what an interrupted run has left behind."""
        for run in self.rig.left_behind():
            self._clean(Cohort(run))
        try:
            yield self.rig.begin(self.cohort)
        finally:
            self._clean(self.cohort)

    def _clean(self, cohort: Cohort) -> None:
        """Safe to repeat. The witness goes last: its name tells the next run what is left."""
        self._resume()
        self.rig.messages.remove(cohort)
        self.rig.end(cohort)

    def _resume(self) -> None:
        """Ends this command's own pause. What an operator, or the campaign itself, has paused meanwhile stays so."""
        if self.session.paused != PAUSED_BY:
            return
        self.session.campaign.resume()
        with suppress(FunctionStartError):  # the scheduled sweep brings the messages back as well
            self.session.sweep()
