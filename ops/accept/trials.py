"""What is done to some of the messages, and what must come of it: one mail each, whatever happens."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ops.accept.check import Check
from ops.accept.cohort import Cohort, Person
from ops.accept.messages import Messages
from ops.accept.rig import Functions, Machine
from ops.accept.witness import Witness
from shared.aws.dynamodb_wire import to_wire
from shared.outbox.message import Message
from shared.outbox.states import ACCEPTED, Status
from shared.pacing.campaign import Campaign
from shared.times import Clock

_MOVES_WITHIN_S = 60
"""A message, when its slot is there."""
_SWEPT_WITHIN_S = 120
_LOOKS_EVERY_S = 0.2
_QUIET_S = 8
"""So long a pause is watched: a claim and its slot would have come."""
_BROKEN = "The protocol does not hold on this stack: pause the campaign, and report it with the JSON of this run"


@dataclass(frozen=True)
class Trials:
    """Each does something to a message and returns what could be seen at once. What must hold in the end (exactly one
    mail) is checked for all messages alike.
    """

    cohort: Cohort
    messages: Messages
    functions: Functions
    machine: Machine
    witness: Witness
    campaign: Campaign
    clock: Clock
    wait: Callable[[float], None]
    """Lets so many seconds pass."""

    @property
    def _moves_within_s(self) -> float:
        """All mails of the run may be before it: at one a second they take most of a minute."""
        return _MOVES_WITHIN_S + len(self.cohort) / self.campaign.state().pace.rate

    def record_twice(self) -> Check:
        """The stream's record that claim has had comes once more, after the mail went out."""
        person = self.cohort.tried("twice")
        put = self.messages.item(person)
        self.messages.put(person)
        claimed = self._until_sent(person)
        if claimed is None:
            return self._not_staged("A record that comes twice makes one mail", person)
        record = {
            "eventID": "accept",
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "ApproximateCreationDateTime": self.clock().timestamp(),
                "Keys": to_wire(dict(person.key._asdict())),
                "NewImage": to_wire(put),
                "SequenceNumber": claimed.owner or "1",
                "StreamViewType": "NEW_IMAGE",
            },
        }
        answer, error = self.functions.invoke("claim", {"Records": [record]})
        refused = error is None and answer == {"batchItemFailures": []}
        return Check(
            "claim takes a record that comes twice for what it is",
            refused and self.messages.status(person) not in (Status.PENDING, Status.CLAIMED),
            f"answered {error or json.dumps(answer)}, the message stayed {self.messages.status(person)}",
            _BROKEN,
        )

    def execution_again(self) -> Check:
        """The execution that sent the mail is started again, under its name and under another."""
        person = self.cohort.tried("again")
        name = "An execution that is started again sends nothing"
        self.messages.put(person)
        sent = self._until_sent(person)
        execution = self.machine.execution_of(person, 1)
        order = self.machine.input_of(execution) if sent else None
        if order is None:
            return self._not_staged(name, person)
        self.machine.start(execution.rsplit(":", 1)[1], order)
        other = self.machine.start(f"accept-{self.cohort.run}-again", order)
        ended = self._until(lambda: other is None or self.machine.status(other) != "RUNNING", self._moves_within_s)
        status = self.machine.status(other) if other else "refused"
        return Check(
            name, ended, f"under another name it ended {status}; the message is {self.messages.status(person)}", _BROKEN
        )

    def stopped_by_hand(self) -> list[Check]:
        """The execution that carries a claim is stopped; the sweeper must bring the message back. Then the old claim is
        sent again, whose fence was taken.
        """
        person = self.cohort.tried("stopped")
        name = "A claim whose execution was stopped by hand comes back"
        self.messages.put(person)
        claimed = self._until_status(person, Status.CLAIMED)
        execution = self.machine.execution_of(person, claimed.fence) if claimed else ""
        if not claimed or not self._until(lambda: self.machine.input_of(execution) is not None, self._moves_within_s):
            return [self._not_staged(name, person)]
        order = self.machine.input_of(execution) or ""
        self.machine.stop(execution)
        if not self.messages.let_lease_be_over(person):
            return [self._not_staged(name, person)]
        back = self._until(lambda: self._swept(person, claimed.fence), _SWEPT_WITHIN_S)
        checks = [Check(name, back, f"stopped in fence {claimed.fence}, the message is {self._shown(person)}", _BROKEN)]
        if back and self._until_sent(person):
            old = self.machine.start(f"accept-{self.cohort.run}-old", order) or ""
            self._until(lambda: self.machine.status(old) != "RUNNING", self._moves_within_s)
            checks.append(
                Check(
                    "A send whose fence was taken asks SES for nothing",
                    len(self.witness.heard[person.key.user_id].sent) <= 1,
                    f"fence {claimed.fence} was sent again and ended {self.machine.status(old)}",
                    _BROKEN,
                )
            )
        return checks

    def paused(self, reason: str, resume: Callable[[], None]) -> Check:
        """Messages come while the campaign is paused. `resume` goes on, whatever happened."""
        people = [self.cohort.tried(f"paused-{number}") for number in (1, 2, 3)]
        self.campaign.pause(reason)
        try:
            self.messages.put(*people)
            self.wait(_QUIET_S)
            statuses = [self.messages.status(person) for person in people]
        finally:
            resume()
        return Check(
            "A paused campaign sends nothing",
            all(status is Status.PENDING for status in statuses),
            f"after {_QUIET_S} s: {', '.join(str(status) for status in statuses)}",
            _BROKEN,
        )

    def _swept(self, person: Person, fence: int) -> bool:
        self.functions.invoke("sweeper", {})
        message = self.messages.read(person)
        return message is not None and message.fence > fence

    def _until_sent(self, person: Person) -> Message | None:
        return self._until_status(person, *ACCEPTED)

    def _until_status(self, person: Person, *wanted: Status) -> Message | None:
        found: Message | None = None

        def there() -> bool:
            nonlocal found
            found = self.messages.read(person)
            return found is not None and found.status in wanted

        return found if self._until(there, self._moves_within_s) else None

    def _until(self, holds: Callable[[], bool], within_s: float) -> bool:
        until = self.clock() + timedelta(seconds=within_s)
        while not holds():
            if self.clock() > until:
                return False
            self.wait(_LOOKS_EVERY_S)
        return True

    def _shown(self, person: Person) -> str:
        message = self.messages.read(person)
        return f"{message.status} in fence {message.fence}" if message else "gone"

    def _not_staged(self, name: str, person: Person) -> Check:
        found = f"could not be tried: the message is {self._shown(person)}"
        return Check(name, False, found, "See claim's and send's logs, and `onlyonce doctor`")
