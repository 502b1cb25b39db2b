"""The protocol under everything at once: the real handlers, interleaved at every AWS call, as hypothesis sees fit."""

import contextlib
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.errors import LeaseLostError, OnlyonceError
from shared.keys import Key
from shared.outbox.states import Status
from simulation.ses_events import event_of
from simulation.world import World
from tests.stateful.choices import (
    ANSWER,
    ANSWERS,
    ANY,
    EVENT,
    FATE,
    MEANWHILE,
    NEVER_SENT,
    RECENT,
    TICKETS,
    TURNS,
    contradicts,
)  # fmt: skip
from tests.stateful.promises import Promises
from tests.stateful.workers import Fate, SteppingWire, Worker


class Protocol(RuleBasedStateMachine):
    """Several messages, invocations that stall and wake with an old fence, repeated stream records and events, a sweeper at any
    time, several invocations with one fence, requests delayed in the network, and an operator.
    """

    @initialize(
        users=st.sampled_from([1, 1, 2]),
        first=st.sampled_from([None, "throttled", "throttled", "accepted, the answer lost", "paused"]),
    )
    def produce(self, users: int, first: str | None) -> None:
        """A month is produced and claimed, and often a first send has met its answer: the story starts where it gets interesting.

        The network has kept a copy of each write of that send.
        """
        self.wire = SteppingWire()
        self.world = World(users, wire=self.wire, feedback_events=False)
        self.world.produce()
        self.workers: list[Worker] = []
        self.events: defaultdict[str, list[str]] = defaultdict(list)
        """What SES has said of each mail, by its id, in the order in which it happened."""
        self.promises = Promises(self.world, self.events)
        self.claim_all()
        if first is not None:
            worker = self._start("send", self._sending(0, "send"))
            while worker.request is not None:
                self._step(worker, Fate.COPIED, first)
            self.claim_all()

    # --- invocations start --------------------------------------------------------------------------------------------
    @rule(first=ANY, number=st.integers(1, 3))
    def claim(self, first: int, number: int) -> None:
        """A batch of stream records, new or repeated."""
        records = self._pending_records()
        first %= len(records)
        batch = records[first : first + number]
        self._start("claim", lambda: self.world.claim(batch))

    @rule()
    def claim_all(self) -> None:
        """The stream is delivered up to its end, undisturbed."""
        self.world.claim(self._pending_records())

    @precondition(lambda self: self.world.states_client.executions)
    @rule(which=RECENT, action=st.sampled_from(["send", "send", "send", "give_back", "reschedule"]), tickets=TICKETS)
    def send(self, which: int, action: str, tickets: str) -> None:
        """Any execution's function, once more: retried, or run by a platform that had lost sight of it."""
        self._start("send", self._sending(which, action, tickets))

    @precondition(lambda self: self.world.states_client.executions)
    @rule(which=RECENT, other=RECENT, turns=TURNS)
    def race(self, which: int, other: int, turns: list[tuple[int, Fate, str]]) -> None:
        """Two invocations at once, often of the same claim, and late requests between them; what is left stays where it is."""
        self._revive()
        racers = [self._start("send", self._sending(one, "send")) for one in (which, other)]
        for turn, fate, answer in turns:
            if turn == len(racers):
                self.arrive_late(0)
            elif racers[turn].request is not None:
                self._step(racers[turn], fate, answer)

    @precondition(lambda self: self.world.states_client.executions)
    @rule(
        which=RECENT,
        calls=st.integers(1, 6),
        meanwhile=MEANWHILE,
        answers=st.tuples(ANSWER, ANSWER),
        wakes=st.booleans(),
    )
    def overtake(self, which: int, calls: int, meanwhile: str, answers: tuple[str, str], wakes: bool) -> None:
        """An invocation freezes at its n-th call, something happens, another one of the claim runs, and the first may wake up."""
        self._revive()
        frozen = self._start("send", self._sending(which, "send"))
        for _ in range(calls - 1):
            if frozen.request is not None:
                self._step(frozen, Fate.ANSWERED, answers[0])
        match meanwhile:
            case "a late request arrives":
                self.arrive_late(0)
            case "the lease runs out":
                self.lease_runs_out()
        other = self._start("send", self._sending(which, "send"))
        for worker in (other, frozen) if wakes else (other,):
            while worker.request is not None:
                self._step(worker, Fate.ANSWERED, answers[1])

    @rule()
    def lease_runs_out(self) -> None:
        """Time, an undisturbed sweep, and the stream that follows from it."""
        self.world.now += timedelta(seconds=1000)
        self.world.sweep()
        self.claim_all()

    @rule()
    def sweep(self) -> None:
        self._start("sweeper", self.world.sweep)

    @precondition(lambda self: self.world.ses_client.inbox)
    @rule(which=ANY, kind=EVENT)
    def feedback(self, which: int, kind: str) -> None:
        """An event about any accepted mail, in any order, again and again; SES never contradicts itself."""
        mail = self.world.ses_client.inbox[which % len(self.world.ses_client.inbox)]
        said = self.events[mail.message_id]
        if any(contradicts(kind, one) for one in said):
            kind = said[0]
        said.append(kind)
        self._start("feedback", lambda: self.world.feed_back(event_of(kind, mail)))

    # --- and go on ----------------------------------------------------------------------------------------------------
    @precondition(lambda self: self._waiting())
    @rule(
        which=RECENT,
        fate=FATE,
        answer=ANSWER,
    )
    def step(self, which: int, fate: Fate, answer: str) -> None:
        waiting = self._waiting()
        self._step(waiting[-1 - which % len(waiting)], fate, answer)

    @precondition(lambda self: self._waiting())
    @rule(which=RECENT)
    def go_on_undisturbed(self, which: int) -> None:
        waiting = self._waiting()
        self._finish(waiting[-1 - which % len(waiting)])

    @rule(which=RECENT)
    def arrive_late(self, which: int) -> None:
        """A request arrives that nobody waits for any more, or a second time."""
        if self.wire.travelling:
            _, carry_out = self.wire.travelling.pop(-1 - which % len(self.wire.travelling))
            self.world.ses_client.answers = []
            with contextlib.suppress(Exception):  # nobody hears the refusal either
                carry_out()

    @rule(seconds=st.sampled_from([1, 130, 1000]))
    def time_passes(self, seconds: int) -> None:
        self.world.now += timedelta(seconds=seconds)

    # --- the operator -------------------------------------------------------------------------------------------------
    @rule(which=ANY, decision=st.sampled_from(["redrive", "resend", "assume_sent", "cancel"]))
    def decide(self, which: int, decision: str) -> None:
        """What the statuses allow, by the fence that was seen a moment ago."""
        items = self.world.messages()
        item = items[which % len(items)]
        key = Key(item["user_id"], item["period"])

        self._start("operator", lambda: getattr(self.world.outbox(), decision)(key, item["fence"], "ana", "because"))

    @rule(which=ANY)
    def reconcile(self, which: int) -> None:
        """As for a table that was restored to this very moment: whatever may still move holds no fence that counts."""
        items = self.world.messages()
        item = items[which % len(items)]
        key, status = Key(item["user_id"], item["period"]), Status(item["status"])
        self._start("operator", lambda: self.world.outbox().reconcile(key, item["fence"], status, "ana", "restored"))

    @rule()
    def resume(self) -> None:
        self.world.campaign().resume()

    # --- what must hold -----------------------------------------------------------------------------------------------
    @invariant()
    def only_once(self) -> None:
        self.promises.only_once()

    @invariant()
    def never_untrue(self) -> None:
        self.promises.never_untrue()

    def teardown(self) -> None:
        """I2: once everybody is left in peace, every message reaches its end, and with its last event a true one."""
        for worker in self._waiting():
            worker.step(Fate.KILLED_BEFORE)
            while worker.request is not None:
                worker.step(Fate.KILLED_BEFORE)
        self.world.ses_client.answers = []
        self.world.campaign().resume()
        self.world.run(sweeps=80)
        self.promises.only_once()
        self.promises.evidence_stays()
        self.promises.ended_truly(as_far_as_known=True)
        for mail in self.world.ses_client.inbox:
            never_sent = [kind for kind in self.events[mail.message_id] if kind in NEVER_SENT]
            self.world.feed_back(event_of(never_sent[0] if never_sent else "Send", mail))
        self.promises.ended_truly(as_far_as_known=False)
        self.promises.true_in_the_end()

    def _revive(self) -> None:
        """The operator redrives what failed, the campaign goes on, and the stream is delivered: there is something to send."""
        self.world.campaign().resume()
        for item in self.world.messages():
            if item["status"] == Status.FAILED:
                self.world.outbox().redrive(Key(item["user_id"], item["period"]), item["fence"], "ana", "once more")
        self.claim_all()

    def _sending(self, which: int, action: str, tickets: str = "fresh") -> Callable[[], Any]:
        """The send function's invocation for an execution, counted from the newest, with its own tickets or with fresh ones."""
        executions = list(self.world.states_client.executions.values())
        order = {**executions[-1 - which % len(executions)].input, "action": action}
        if tickets == "fresh":
            plan = self.world.campaign().reserve(len(order["claims"]), lead_us=0)
            order["claims"] = [
                {**claim, "ticket": ticket} for claim, ticket in zip(order["claims"], plan.tickets, strict=False)
            ]
            self.world.now = max([self.world.now, *plan.slots[:1]])
        return lambda: self.world.send(order)

    def _start(self, name: str, invocation: Callable[[], Any]) -> Worker:
        worker = Worker(self.wire, name, invocation)
        self._report(worker)
        self.workers.append(worker)
        return worker

    def _step(self, worker: Worker, fate: Fate, answer: str) -> None:
        assert worker.request is not None
        if worker.request[0] == "ses.SendEmail":
            self.world.ses_client.answers = [ANSWERS[answer]()]
        worker.step(fate)
        self._report(worker)

    def _finish(self, worker: Worker) -> None:
        while worker.request is not None:
            self.world.ses_client.answers = []
            worker.step(Fate.ANSWERED)
        self._report(worker)

    def _report(self, worker: Worker) -> None:
        """A handler may end in an error of ours; in anything else it is a bug."""
        if isinstance(worker.error, Exception) and not isinstance(worker.error, OnlyonceError | LeaseLostError):
            raise worker.error

    def _waiting(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.request is not None]

    def _pending_records(self) -> list[dict[str, Any]]:
        return [
            one
            for one in self.world.outbox_table.stream
            if one["dynamodb"]["NewImage"]["status"] == {"S": Status.PENDING}
        ]
