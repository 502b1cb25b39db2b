"""A rig in virtual time: the real handlers on the fakes, and a mailbox simulator."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from ops.accept.check import Check
from ops.accept.cohort import Cohort
from ops.accept.messages import Mail, Messages
from ops.accept.witness import Heard
from shared.keys import execution_name
from shared.store import TableKey
from simulation.fakes.ses import Mail as SentMail
from simulation.fakes.states import ExecutionAlreadyExists
from simulation.ses_events import event_of
from simulation.stack import MAIL_TEMPLATE, SENDER, user_of
from simulation.world import World

EVENTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "success": [("Delivery", {})],
    "ooto": [("Delivery", {})],
    "bounce": [("Bounce", {"bounce": {"bounceType": "Permanent", "bounceSubType": "General"}})],
    "suppressionlist": [("Bounce", {"bounce": {"bounceType": "Permanent", "bounceSubType": "Suppressed"}})],
    "complaint": [("Delivery", {}), ("Complaint", {"complaint": {"complaintFeedbackType": "abuse"}})],
}


class SimulatorWorld(World):
    """Its mails go to the mailbox simulator. `loses` are the kinds of events that never come."""

    def __init__(self, *, loses: Sequence[str] = ()) -> None:
        super().__init__(0, feedback_events=False)
        self.heard: dict[str, Heard] = defaultdict(Heard)
        self.loses = loses
        self._told = 0

    def pass_time(self, seconds: float) -> None:
        """All that happens within the next seconds."""
        until = self.now + timedelta(seconds=seconds)
        while self.now < until and self._happens_before(until):
            self._tell()
        self.now = max(self.now, until)
        self._tell()

    def _happens_before(self, until: datetime) -> bool:
        if self._timers and self._timers[0].at > until and not self._stirs():
            return False
        return self._step()

    def _stirs(self) -> bool:
        """Something waits for no time to pass."""
        fresh = self.states_client.executions.keys() - self._started
        return bool(self.producers.started or self.outbox_table.stream[self._streamed :] or fresh)

    def _tell(self) -> None:
        for mail in self.ses_client.inbox[self._told :]:
            box = mail.recipient.partition("+")[0]
            for kind, detail in (("Send", {}), *EVENTS[box]):
                if kind not in self.loses:
                    event = {**event_of(kind, mail), **detail}
                    self.feed_back(event)
                    self._hear(kind, event, mail)
        self._told = len(self.ses_client.inbox)

    def _hear(self, kind: str, event: dict[str, Any], mail: SentMail) -> None:
        heard = self.heard[user_of(mail)]
        heard.types.add(kind)
        if kind == "Send":
            heard.sent.add(mail.message_id)
        heard.subtypes |= {event["bounce"]["bounceSubType"]} if "bounce" in event else set()


class SimulatedWitness:
    def __init__(self, world: SimulatorWorld) -> None:
        self.heard = world.heard

    def wait_until_it_hears(self, wait: Any) -> None:
        wait(1)

    def listen(self) -> None:
        pass


class SimulatedMachine:
    """Executions by name."""

    def __init__(self, world: SimulatorWorld) -> None:
        self._world = world
        self.stopped: list[str] = []

    def execution_of(self, person: Any, fence: int) -> str:
        return "arn:" + execution_name([(person.key, fence)])

    def input_of(self, execution: str) -> str | None:
        found = self._world.states_client.executions.get(execution.rpartition(":")[2])
        return json.dumps(found.input, sort_keys=True) if found else None

    def start(self, name: str, order: str) -> str | None:
        try:
            self._world.states_client.start_execution(stateMachineArn="arn", name=name, input=order)
        except ExecutionAlreadyExists:
            return None
        return f"arn:{name}"

    def stop(self, execution: str) -> None:
        self._world.states_client.executions[execution.rpartition(":")[2]].running = False
        self.stopped.append(execution)

    def status(self, execution: str) -> str:
        running = self._world.states_client.executions[execution.rpartition(":")[2]].running
        return "RUNNING" if running else "SUCCEEDED"

    def since(self, began_at: datetime) -> Iterator[str]:  # noqa: ARG002
        yield from ()


class SimulatedFunctions:
    names: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, world: SimulatorWorld) -> None:
        self._world = world

    def invoke(self, function: str, event: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        match function:
            case "claim":
                return self._world.claim(event["Records"]), None
            case "sweeper":
                self._world.sweep()
                return {}, None
        raise AssertionError(function)


class SimulatedRig:
    """As the rig of a deployed stack, as far as a run needs it."""

    def __init__(self, world: SimulatorWorld) -> None:
        self.world = world
        world.make_template(MAIL_TEMPLATE)
        mail = Mail(MAIL_TEMPLATE, SENDER)
        table = world.outbox_table
        self.messages = Messages(world.outbox(), table, self._delete, mail, world.clock)
        self.functions = SimulatedFunctions(world)
        self.machine = SimulatedMachine(world)
        self.readings = SimpleNamespace(all=list, no_dead_letters=lambda: Check("no dead letters", True))
        self.calls = SimpleNamespace(measures=lambda: iter(()))
        self.outbox_table = "outbox"
        self.interrupted: list[str] = []
        self.ended: list[str] = []

    def query(self) -> Check:
        return Check("the query runs", True)

    def clients(self, service: str) -> Any:
        assert service == "cloudwatch"
        return SimpleNamespace(get_metric_statistics=lambda **_: {"Datapoints": []})

    def left_behind(self) -> list[str]:
        return self.interrupted

    def begin(self, cohort: Cohort) -> SimulatedWitness:  # noqa: ARG002
        return SimulatedWitness(self.world)

    def end(self, cohort: Cohort) -> None:
        self.ended.append(cohort.run)

    def _delete(self, key: TableKey) -> None:
        self.world.outbox_table.remove(key)
