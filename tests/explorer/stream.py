"""The outbox's stream: what becomes PENDING is shown to claim, in batches cut anywhere, again, or never."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.outbox.states import Status
from simulation.world import MAX_RETRIES
from tests.explorer.chaos import Chaos, lasting
from tests.explorer.lambdas import Lambdas
from tests.explorer.processes import Processes
from tests.explorer.quotas import THROTTLED
from tests.explorer.story import Key, Story

Record = dict[str, Any]
LANES = 2
BATCH_WINDOW_S = 1.0
RECORDS_LIVE = timedelta(hours=24)


class Lane:
    """One reader of the stream: its batches come in order, each until it is taken or given up."""

    def __init__(self, number: int, processes: Processes, chaos: Chaos, story: Story, lambdas: Lambdas) -> None:
        self._processes, self._chaos, self._story, self._lambdas = processes, chaos, story, lambdas
        self._name = f"lane {number}"
        self._waiting: list[Record] = []
        self._busy = False

    def show(self, before: Any, item: dict[str, Any], number: int) -> None:
        """A message was written: the record waits for its turn, if the mapping's filter lets it through."""
        if item["status"] != {"S": Status.PENDING}:
            return
        change = {
            "SequenceNumber": f"{number:021d}",
            "ApproximateCreationDateTime": int(self._processes.now.timestamp()),
            "NewImage": item,
        }
        record = {"eventID": f"{number:021d}", "eventName": "MODIFY" if before else "INSERT", "dynamodb": change}
        lost = self._chaos.strikes(f"record {number} lost", self._chaos.mood.stream_lost, "is lost")
        if lost is not None and _whole(record):
            self._story.tell(_key(record), "the stream", "loses the record")
            return
        self._waiting.append(record)
        self._later(BATCH_WINDOW_S)

    def _later(self, seconds: float) -> None:
        if not self._busy:
            self._busy = True
            self._after(seconds, self._take)

    def _after(self, seconds: float, happens: Callable[[], None]) -> None:
        self._processes.at(self._processes.now + timedelta(seconds=seconds), happens)

    def _take(self) -> None:
        """A batch of what waits, cut anywhere."""
        oldest = (self._processes.now - RECORDS_LIVE).timestamp()
        self._waiting = [one for one in self._waiting if one["dynamodb"]["ApproximateCreationDateTime"] > oldest]
        if not self._waiting:
            self._busy = False
            return
        share = self._chaos.share(self._lambdas.named(f"cut of {self._name}"))
        size = len(self._waiting) if share < 0.6 else 1 + int(share * len(self._waiting)) % len(self._waiting)
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        self._deliver(batch, 0, self._next)

    def _next(self) -> None:
        self._busy = False
        if self._waiting:
            self._later(0.1)

    def _deliver(self, batch: list[Record], retries: int, done: Callable[[], None]) -> None:
        """Until it is taken, or was tried often enough."""

        def ended(answer: Any, error: str) -> None:
            if error == THROTTLED:  # that is no try of the batch (source: lambda-stream-throttled)
                self._after(1.0, lambda: self._deliver(batch, retries, done))
                return
            failures = (answer or {}).get("batchItemFailures") or []
            if not error and not failures:
                self._once_more(batch)
                done()
                return
            left = _from(batch, failures[0]["itemIdentifier"]) if failures else batch
            if retries >= MAX_RETRIES:
                self._give_up(left)
                done()
                return
            self._after(min(60, 2**retries), lambda: self._again(left, retries + 1, done, halved=bool(error)))

        for record in batch:
            self._story.tell(_key(record), "the stream", f"shows it to claim ({self._name})")
        self._lambdas.invoke("claim", self._name, {"Records": batch}, ended)

    def _again(self, left: list[Record], retries: int, done: Callable[[], None], *, halved: bool) -> None:
        """A batch whose function ended in an error comes in two halves (`bisectBatchOnFunctionError`)."""
        half = len(left) // 2
        if halved and half:
            self._deliver(left[:half], retries, lambda: self._deliver(left[half:], retries, done))
        else:
            self._deliver(left, retries, done)

    def _give_up(self, records: list[Record]) -> None:
        for record in records:
            self._story.tell(_key(record), "the stream", "gives the record up")
        self._waiting += [
            record for record in records if not _whole(record)
        ]  # the dead-letter queue's alarm has it put in again

    def _once_more(self, batch: list[Record]) -> None:
        """At least once: some of the records come again, beside whatever else goes on."""
        place = self._lambdas.named(f"batch of {self._name}")
        rng = self._chaos.strikes(f"{place} again", self._chaos.mood.stream_twice, "comes again")
        if rng is None:
            return
        first = rng.randrange(len(batch))
        again = batch[first : first + rng.randint(1, len(batch))]

        def redelivered() -> None:
            for record in again:
                self._story.tell(_key(record), "the stream", "shows the same record again")
            self._lambdas.invoke("claim", f"{self._name} again", {"Records": again})

        self._after(lasting(rng), redelivered)


def _from(batch: list[Record], sequence_number: str) -> list[Record]:
    """What comes again after a partial failure: the batch from that record on."""
    place = next((n for n, one in enumerate(batch) if one["dynamodb"]["SequenceNumber"] == sequence_number), 0)
    return batch[place:]


def _key(record: Record) -> Key:
    image = record["dynamodb"]["NewImage"]
    return image["user_id"]["S"], image["period"]["S"]


def _whole(record: Record) -> bool:
    """Else it was put in by hand and is not completed: no sweep would find it."""
    return "history" in record["dynamodb"]["NewImage"]
