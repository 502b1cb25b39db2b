"""The wire between the product's processes and AWS: carries each request out, late, once more, or after its sender has died."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.retries.quota import RetryQuota

from simulation.fakes.wire import Wire
from simulation.outages import URL, outage
from simulation.world import ProcessKilled
from tests.explorer.chaos import Chaos, Fate, Trouble
from tests.explorer.dynamo import DynamoClient
from tests.explorer.processes import Process, Processes
from tests.explorer.quotas import Quotas
from tests.explorer.story import Story

T = TypeVar("T")
Key = tuple[str, str]
TAKES_S = {"ses.SendEmail": 0.08, "states.StartExecution": 0.03}
TAKES_AT_LEAST_S = 0.006
GIVES_UP_S = {"ses.SendEmail": 20.0}
"""When the SDK's client has waited long enough for an answer; the others try four times."""
GIVES_UP_LATER_S = 40.0
SDK_TRIES = 4
"""As shared/wiring.py has it for all but the asks of SES, which no quota here refuses."""
SDK_RETRY_COSTS = 5
"""Of what a client has for retries."""
SDK_WAITS_AT_MOST_S = 20
WEIGHTS = {
    "begin_send": 8.0, "snooze": 8.0, "ask": 4.0, **dict.fromkeys(("mark_sent", "mark_uncertain", "release", "fail"), 3.0),
    **dict.fromkeys(("claim", "expire_claim"), 3.0),
}  # fmt: skip
"""How likely trouble is at a request: most where it matters most."""


class Network(Wire):
    """Every call takes its time, and some meet their fate."""

    def __init__(self, processes: Processes, chaos: Chaos, story: Story, quotas: Quotas) -> None:
        self._processes = processes
        self._chaos = chaos
        self._story = story
        self._quotas = quotas
        self._clients: defaultdict[tuple[str, str], RetryQuota] = defaultdict(RetryQuota)
        """What the SDK's client of each service has left for retries, by whose it is."""
        self.dynamo: DynamoClient | None = None
        self.leaving: Callable[[Process], None] = lambda _: None
        """Told when a process's request for a mail leaves it."""
        self._waiting: defaultdict[Key, list[list[Any]]] = defaultdict(list)
        """What waits until a message was written so many times more: how many, which writes, and what then happens."""

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        process = self._processes.current
        if process is None:
            return carry_out()
        process.calls += 1
        doing, about = process.doing or operation, process.about
        process.doing, process.about = "", None
        request = self._named(process, doing, carry_out)
        self._wait_for_quota(process, operation)
        place = f"{process.name}.{process.calls}"
        trouble = self._chaos.at_call(place, operation, _weight(doing, operation))
        takes = TAKES_S.get(operation, TAKES_AT_LEAST_S) * (0.5 + self._chaos.share(f"{place} takes"))
        if trouble is not None:
            self._story.tell(about, process.name, f"at {doing}: {trouble}")
            process.disturbed = True
            return self._meet(trouble, process, operation, request, about)
        self._leave(process, operation)
        self._processes.wait(takes / 2)
        answer = _outcome(request)
        self._processes.wait(takes / 2)
        return answer()

    def _wait_for_quota(self, process: Process, operation: str) -> None:
        """As long as the SDK tries by itself (source: sdk-retry-quota). Raises ClientError."""
        client = self._clients[process.name.partition(" #")[0], operation.partition(".")[0]]
        for tries in range(1, SDK_TRIES + 1):
            if self._quotas.allows(operation, self._processes.now):
                client.release(SDK_RETRY_COSTS if tries > 1 else 1)
                return
            if tries < SDK_TRIES:
                if not client.acquire(SDK_RETRY_COSTS):
                    break
                share = self._chaos.share(f"{operation} at {self._processes.now} waits")
                self._processes.wait(share * min(2 ** (tries - 1), SDK_WAITS_AT_MOST_S))
        code = "TooManyRequestsException" if operation.startswith("ses.") else "ThrottlingException"
        refused: Any = {
            "Error": {"Code": code, "Message": "Rate exceeded"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        raise ClientError(refused, operation.partition(".")[2])

    def _named(self, process: Process, doing: str, carry_out: Callable[[], T]) -> Callable[[], T]:
        """The request, which knows whose it is also when it arrives late."""

        def arrives() -> T:
            with self._story.of(process.name, doing):
                return carry_out()

        return arrives

    def _leave(self, process: Process, operation: str) -> None:
        if operation == "ses.SendEmail":
            self.leaving(process)

    def _meet(
        self, trouble: Trouble, process: Process, operation: str, request: Callable[[], T], about: Key | None
    ) -> T:
        wait, leave = self._processes.wait, partial(self._leave, process, operation)
        arrives_later = partial(self._later, trouble, about, request)
        match trouble.fate:
            case Fate.KILLED_BEFORE:
                raise ProcessKilled(process.name)
            case Fate.UNREACHED:
                wait(GIVES_UP_S.get(operation, GIVES_UP_LATER_S) / 4)
                raise _outage(operation, carried_out=False)
            case Fate.UNFIT:
                wait(TAKES_AT_LEAST_S)
                raise ClientError(
                    {"Error": {"Code": "ExpiredTokenException", "Message": "The security token has expired"},
                     "ResponseMetadata": {"HTTPStatusCode": 403}},  # type: ignore[typeddict-item]
                    operation,
                )  # fmt: skip
            case Fate.STALLED | Fate.FROZEN:
                self._stall(trouble, process, about)
            case Fate.STALE:
                assert self.dynamo is not None
                self.dynamo.read_as_of = self._processes.now - timedelta(seconds=trouble.seconds)
                try:
                    return request()
                finally:
                    self.dynamo.read_as_of = None
        leave()
        match trouble.fate:
            case Fate.KILLED_AFTER:
                _outcome(request)
                raise ProcessKilled(process.name)
            case Fate.KILLED_MEANWHILE:
                arrives_later()
                raise ProcessKilled(process.name)
            case Fate.UNANSWERED:
                _outcome(request)
                wait(GIVES_UP_S.get(operation, GIVES_UP_LATER_S))
                raise _outage(operation, carried_out=True)
            case Fate.UNANSWERED_MEANWHILE:
                arrives_later()
                wait(GIVES_UP_S.get(operation, GIVES_UP_LATER_S))
                raise _outage(operation, carried_out=True)
            case Fate.REPEATED:
                _outcome(request)
                wait(1.0 + 9.0 * self._chaos.share(f"{process.name}.{process.calls} again"))
        wait(TAKES_AT_LEAST_S)
        answer = _outcome(request)
        match trouble.fate:
            case Fate.COPIED:
                arrives_later()
            case Fate.ANSWERED_LATE:
                self._stall(trouble, process, about)
        wait(TAKES_AT_LEAST_S)
        return answer()

    def _stall(self, trouble: Trouble, process: Process, about: Key | None) -> None:
        began = self._processes.now
        wake = self._processes.suspend(began + timedelta(seconds=trouble.seconds))
        if trouble.writes and about is not None:
            self._waiting[about].append([trouble.writes, trouble.of, wake])
        self._processes.park()
        if trouble.fate is Fate.FROZEN:
            process.skew -= self._processes.now - began
        self._story.tell(about, process.name, "goes on")

    def _later(self, trouble: Trouble, about: Key | None, request: Callable[[], Any]) -> None:
        """The request arrives when its time has come; nobody hears the answer."""
        arrived = False

        def arrive() -> None:
            nonlocal arrived
            if not arrived:
                arrived = True
                self._processes.at(self._processes.now, lambda: _outcome(request))

        self._processes.at(self._processes.now + timedelta(seconds=trouble.seconds), arrive)
        if trouble.writes and about is not None:
            self._waiting[about].append([trouble.writes, trouble.of, arrive])

    def written(self, key: Key, doing: str) -> None:
        """A message was written: what waits for that goes on."""
        waiting = self._waiting.pop(key, [])
        for one in waiting:
            one[0] -= one[1] in ("", doing)
        self._waiting[key] = [one for one in waiting if one[0] > 0]
        for left, _, happens in waiting:
            if left <= 0:
                happens()


def _weight(doing: str, operation: str) -> float:
    """Least where a sweep only looks."""
    seldom = operation.endswith((".Query", ".Scan", ".BatchGetItem", ".GetAccount"))
    return WEIGHTS.get(doing, 0.15 if seldom else 0.6)


def _outage(operation: str, *, carried_out: bool) -> Exception:
    """As the SDK's client tells it, where that is what the product is given."""
    if operation.startswith(("outbox.", "control.", "ses.")):
        return ReadTimeoutError(endpoint_url=URL) if carried_out else EndpointConnectionError(endpoint_url=URL)
    return outage(operation, carried_out=carried_out)


def _outcome(request: Callable[[], T]) -> Callable[[], T]:
    """Carries the request out; what is returned gives its answer, or raises its refusal, where somebody waits for it."""
    try:
        answer = request()
    except Exception as error:
        return partial(_raise, error)
    return lambda: answer


def _raise(error: Exception) -> Any:
    raise error
