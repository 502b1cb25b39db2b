"""What AWS does by itself: Lambda's invocations with their retries, the stream's batches, the state machine, SES's events."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.dynamodb import to_wire
from shared.fakes.states import Execution
from shared.states import Status
from tests.explorer.chaos import Chaos, lasting
from tests.explorer.functions import TIMEOUT_S, Parts, Sandbox, ends_the_process
from tests.explorer.processes import Process, Processes
from tests.explorer.story import Story
from tests.simulation import asl
from tests.simulation.world import MACHINE, MAX_RETRIES, ProcessKilled

Key = tuple[str, str]
Record = dict[str, Any]
Ended = Callable[[Any, str], None]
"""What an invocation gave, or the name of the error that it ended in ("": none)."""
LANES = 2
RECORDS_LIVE = timedelta(hours=24)
ASYNC_RETRIES = {"feedback": 185, "producer": 2, "sweeper": 2}
"""As serverless.yml has them: EventBridge's for feedback, Lambda's own for the others."""


class Platform:
    """Runs the product's functions, each invocation in a process of its own."""

    def __init__(self, processes: Processes, chaos: Chaos, story: Story, parts: Parts) -> None:
        self.processes, self.chaos, self.story, self.parts = processes, chaos, story, parts
        self.invocations = 0
        self.errors: list[str] = []
        """Ends of invocations in an error that is none of the product's own."""
        self._idle: dict[str, list[Sandbox]] = {kind: [] for kind in TIMEOUT_S}
        self._numbers: dict[str, int] = {}
        self._lanes = [Lane(self, number) for number in range(LANES)]

    def named(self, name: str) -> str:
        """The name with a number that it has not had yet."""
        self._numbers[name] = self._numbers.get(name, 0) + 1
        return f"{name} #{self._numbers[name]}"

    # --- Lambda -------------------------------------------------------------------------------------------------------
    def invoke(self, kind: str, label: str, event: Any, ended: Ended = lambda *_: None) -> None:
        """Runs one invocation; tells once how it ended, or that its time was over."""
        self.invocations += 1
        name = self.named(f"{kind} {label}".strip())
        sandbox = self._sandbox(kind, name)
        told = False

        def tell(answer: Any, error: str) -> None:
            nonlocal told
            if not told:
                told = True
                self.processes.cancel(timer)
                ended(answer, error)

        def work() -> None:
            self.processes.wait(0.02 + 0.1 * self.chaos.share(f"{name} starts"))
            answer, error = self._handled(sandbox, process, event)
            if error:
                self.story.tell(None, name, f"ends in {error}")
            if process.skew == sandbox.skew and error not in ("Runtime.ExitError", "Sandbox.Timedout"):
                self._idle[kind].append(sandbox)
            tell(answer, error)

        process = Process(name, work, sandbox.skew)
        process.deadline = self.processes.now + timedelta(seconds=TIMEOUT_S[kind])

        def time_is_over() -> None:
            if not told:
                lives_on = self.chaos.strikes(f"{name} lives on", 0.5, "its time is over, and it lives on")
                process.doomed = lives_on is None
                self.story.tell(None, name, f"its time is over{', and it lives on' if lives_on else ''}")
                tell(None, "Sandbox.Timedout")

        timer = self.processes.at(process.deadline, time_is_over)
        self.processes.start(process)

    def _sandbox(self, kind: str, name: str) -> Sandbox:
        if self.chaos.over:
            self._idle[kind] = [one for one in self._idle[kind] if not one.skew]
        if self._idle[kind]:
            return self._idle[kind].pop()
        seconds = 0.0 if self.chaos.over else self.chaos.mood.skew * (2 * self.chaos.share(f"{name} clock") - 1)
        return Sandbox(kind, self.parts.handler(kind), timedelta(seconds=seconds))

    def _handled(self, sandbox: Sandbox, process: Process, event: Any) -> tuple[Any, str]:
        assert process.deadline is not None
        deadline = process.deadline

        def remaining_ms() -> int:
            return int((deadline - self.processes.clock()).total_seconds() * 1000)

        try:
            return json.loads(json.dumps(sandbox.handle(json.loads(json.dumps(event)), remaining_ms))), ""
        except ProcessKilled:
            return None, "Runtime.ExitError"
        except Exception as error:
            if type(error).__module__.split(".")[0] not in ("shared", "botocore"):
                self.errors.append(f"{process.name}: {type(error).__name__}: {error}")
            return None, "Runtime.ExitError" if ends_the_process(sandbox.kind, error) else type(error).__name__

    def start(self, kind: str, event: Any, label: str = "", tries: int | None = None) -> None:
        """An asynchronous invocation: repeated where it fails, and now and then made twice."""
        left = ASYNC_RETRIES[kind] if tries is None else tries

        def ended(_: Any, error: str) -> None:
            if error and left:
                again = self.processes.now + timedelta(minutes=1 if left > 1 else 2)
                self.processes.at(again, lambda: self.start(kind, event, label, left - 1))

        rng = self.chaos.strikes(f"{self.named(f'{kind} {label} event')} twice", self.chaos.mood.doubles, "is delivered twice")
        if rng is not None:
            self.processes.at(self.processes.now + timedelta(seconds=lasting(rng)), lambda: self.invoke(kind, label, event))
        self.invoke(kind, label, event, ended)

    # --- Step Functions -----------------------------------------------------------------------------------------------
    def begin(self, execution: Execution) -> None:
        """Runs an execution of the state machine."""
        label = _label(execution.input)
        name = self.named(f"execution {label}")
        clock, rng = self.processes.true_clock, random.Random(f"{self.chaos.seed} {name}")

        def invoke(payload: Any) -> Any:
            return self._task(label, payload)

        def work() -> None:
            try:
                for until in asl.run(MACHINE, execution.input, invoke, clock, rng):
                    self.processes.wait((until - self.processes.now).total_seconds() + self._wakes_late(name))
            except asl.TaskFailedError as error:
                self.story.tell(None, name, f"fails: {error.name}")
            finally:
                execution.running = False

        self.processes.start(Process(name, work), self.processes.now)

    def _wakes_late(self, name: str) -> float:
        place = self.named(f"{name} wakes")
        rng = self.chaos.strikes(place, self.chaos.mood.wakes_late)
        late = lasting(rng) if rng else 0.3 * self.chaos.share(place)
        if rng:
            self.chaos.happened[next(reversed(self.chaos.happened))] = f"{place} {late:.1f} s late"
            self.story.tell(None, name, f"wakes up {late:.1f} seconds late")
        return late

    def _task(self, label: str, payload: Any) -> Any:
        """The send function, invoked by an execution that waits for it."""
        place = self.named(f"task {label}")
        rng = self.chaos.strikes(place, self.chaos.mood.doubles)
        kind = rng.choice(["twice", "refused", "answer lost", "given up"]) if rng else ""
        if rng:
            self.chaos.happened[next(reversed(self.chaos.happened))] = f"{place}: {kind}"
            self.story.tell(None, place, kind)
        if kind == "refused":
            raise asl.TaskFailedError("Lambda.TooManyRequestsException", "Rate exceeded")
        if kind == "twice" and rng:
            again = self.processes.now + timedelta(seconds=lasting(rng))
            self.processes.at(again, lambda: self.invoke("send", label, payload))
        ended: list[tuple[Any, str]] = []
        wake = self.processes.suspend()

        def hear(answer: Any, error: str) -> None:
            ended.append((answer, error))
            wake()

        self.invoke("send", label, payload, hear)
        if kind == "given up":
            self.processes.at(self.processes.now + timedelta(seconds=0.1), lambda: hear(None, "Lambda.Unknown"))
        self.processes.park()
        answer, error = ended[0]
        if kind == "answer lost":
            error = error or "Lambda.ServiceException"
        if error:
            raise asl.TaskFailedError(error, "")
        return answer

    # --- the stream ---------------------------------------------------------------------------------------------------
    def changed(self, before: Any, item: dict[str, Any], number: int) -> None:
        """The outbox has changed: the stream shows it, if its filter lets it through."""
        if item["status"] != {"S": Status.PENDING}:
            return
        change = {
            "SequenceNumber": f"{number:021d}",
            "ApproximateCreationDateTime": int(self.processes.now.timestamp()),
            "NewImage": item,
        }
        record = {"eventID": f"{number:021d}", "eventName": "MODIFY" if before else "INSERT", "dynamodb": change}
        lane = sum(item["user_id"]["S"].encode()) % LANES
        self._lanes[lane].add(record)


class Lane:
    """One reader of the stream: its batches come in order, each until it is taken."""

    def __init__(self, platform: Platform, number: int) -> None:
        self._platform, self._number = platform, number
        self._waiting: list[Record] = []
        self._busy = False

    def add(self, record: Record) -> None:
        platform = self._platform
        rng = platform.chaos.strikes(f"record {record['eventID'][-6:]} lost", platform.chaos.mood.stream_lost, "is lost")
        if rng is not None and _whole(record):
            platform.story.tell(_key(record), "the stream", "loses the record")
            return
        self._waiting.append(record)
        self._later(1.0)

    def _later(self, seconds: float) -> None:
        if not self._busy:
            self._busy = True
            self._platform.processes.at(self._platform.processes.now + timedelta(seconds=seconds), self._take)

    def _take(self) -> None:
        """A batch of what waits, cut anywhere."""
        platform = self._platform
        oldest = platform.processes.now - RECORDS_LIVE
        self._waiting = [one for one in self._waiting if one["dynamodb"]["ApproximateCreationDateTime"] > oldest.timestamp()]
        if not self._waiting:
            self._busy = False
            return
        share = platform.chaos.share(platform.named(f"cut {self._number}"))
        size = len(self._waiting) if share < 0.6 else 1 + int(share * len(self._waiting)) % len(self._waiting)
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        self._deliver(batch, 0, self._next)

    def _next(self) -> None:
        self._busy = False
        if self._waiting:
            self._later(0.1)

    def _deliver(self, batch: list[Record], retries: int, done: Callable[[], None]) -> None:
        """Until it is taken, or was tried often enough."""
        platform = self._platform
        label = f"lane {self._number}"

        def ended(answer: Any, error: str) -> None:
            failures = (answer or {}).get("batchItemFailures") or []
            if not error and not failures:
                self._once_more(batch, label)
                done()
                return
            left = batch
            if failures:
                first = failures[0]["itemIdentifier"]
                left = next((batch[n:] for n, one in enumerate(batch) if one["dynamodb"]["SequenceNumber"] == first), batch)
            if retries >= MAX_RETRIES:
                for record in left:
                    platform.story.tell(_key(record), "the stream", "gives the record up")
                    if not _whole(record):  # the dead-letter queue's alarm has somebody put it in again
                        self._waiting.append(record)
                done()
                return
            wait = timedelta(seconds=min(60, 2**retries))
            again = lambda part, then: self._deliver(part, retries + 1, then)  # noqa: E731
            if error and len(left) > 1:
                half = len(left) // 2
                platform.processes.at(
                    platform.processes.now + wait, lambda: again(left[:half], lambda: again(left[half:], done))
                )
            else:
                platform.processes.at(platform.processes.now + wait, lambda: again(left, done))

        for record in batch:
            platform.story.tell(_key(record), "the stream", f"shows it to claim ({label})")
        platform.invoke("claim", label, {"Records": batch}, ended)

    def _once_more(self, batch: list[Record], label: str) -> None:
        platform = self._platform
        place = platform.named(f"batch {label}")
        rng = platform.chaos.strikes(f"{place} again", platform.chaos.mood.stream_twice, "comes again")
        if rng is not None:
            first = rng.randrange(len(batch))
            again = batch[first : first + rng.randint(1, len(batch))]

            def redelivered() -> None:
                for record in again:
                    platform.story.tell(_key(record), "the stream", "shows the same record again")
                platform.invoke("claim", f"{label} again", {"Records": again})

            platform.processes.at(platform.processes.now + timedelta(seconds=lasting(rng)), redelivered)


def _key(record: Record) -> Key:
    image = record["dynamodb"]["NewImage"]
    return image["user_id"]["S"], image["period"]["S"]


def _whole(record: Record) -> bool:
    """Else it was put in by hand and is not completed: no sweep would find it."""
    return "history" in record["dynamodb"]["NewImage"]


def _label(order: dict[str, Any]) -> str:
    first = order["claims"][0]
    more = f"+{len(order['claims']) - 1}" if len(order["claims"]) > 1 else ""
    return f"{first['user_id']} {first['period']} f{first['fence']}{more}"


def by_hand(item: dict[str, Any]) -> dict[str, Any]:
    return to_wire(item)
