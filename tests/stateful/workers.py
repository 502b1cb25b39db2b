"""Handlers that stop at each AWS call until the test says what becomes of it.

Each invocation runs in a thread of its own, but only one thread runs at any time: what happens depends on the test's choices
alone.
"""

import threading
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any, TypeVar

from simulation.fakes.wire import Wire
from simulation.outages import outage
from simulation.world import ProcessKilled

T = TypeVar("T")


class Fate(Enum):
    """What becomes of one request."""

    ANSWERED = "carried out, answered"
    REPEATED = "carried out, the answer lost on the way; the SDK sends it again and is answered"
    COPIED = "carried out, answered; the network keeps a copy that arrives later (of a write to the outbox)"
    KILLED_BEFORE = "the process dies, the request never left"
    KILLED_AFTER = "carried out, the process dies before the answer"
    KILLED_MEANWHILE = "the process dies, the request still travels and arrives later"
    UNREACHED = "not carried out; the store says that it is unavailable"
    UNANSWERED = "carried out; the store says that it is unavailable"
    UNANSWERED_MEANWHILE = "the store says that it is unavailable; the request still travels and arrives later"


class Worker(threading.Thread):
    """One invocation of a function."""

    def __init__(self, wire: "SteppingWire", name: str, invocation: Callable[[], Any]) -> None:
        super().__init__(daemon=True, name=name)
        self._wire = wire
        self._invocation = invocation
        self._turn = threading.Semaphore(0)
        self._yielded = threading.Semaphore(0)
        self._reply: Callable[[], Any] = lambda: None
        self.request: tuple[str, Callable[[], Any]] | None = None
        """The AWS call that it waits at: operation, and what carries it out. None: it has ended."""
        self.result: Any = None
        self.error: BaseException | None = None
        self.start()
        self._yielded.acquire()

    def run(self) -> None:
        self._wire.enter(self)
        try:
            self.result = self._invocation()
        except (Exception, ProcessKilled) as error:
            self.error = error
        self.request = None
        self._yielded.release()

    def step(self, fate: Fate) -> None:
        """Lets the request that it waits at meet its fate, and the worker go on to its next one."""
        assert self.request is not None
        operation, carry_out = self.request
        stored = operation.startswith(("outbox.", "control."))
        unavailable = partial(_raise, outage(operation, carried_out=fate is not Fate.UNREACHED))
        match fate:
            case Fate.ANSWERED:
                self._proceed(_outcome(carry_out))
            case Fate.REPEATED if operation != "ses.SendEmail":  # the send client's SDK repeats nothing
                _outcome(carry_out)
                self._proceed(_outcome(carry_out))
            case Fate.COPIED if operation == "outbox.UpdateItem":
                reply = _outcome(carry_out)
                self._wire.travelling.append(self.request)
                self._proceed(reply)
            case Fate.KILLED_AFTER:
                _outcome(carry_out)
                self._proceed(_killed)
            case Fate.KILLED_MEANWHILE:
                self._wire.travelling.append(self.request)
                self._proceed(_killed)
            case Fate.KILLED_BEFORE:
                self._proceed(_killed)
            case Fate.UNREACHED if stored:
                self._proceed(unavailable)
            case Fate.UNANSWERED if stored:
                _outcome(carry_out)
                self._proceed(unavailable)
            case Fate.UNANSWERED_MEANWHILE if stored:
                self._wire.travelling.append(self.request)
                self._proceed(unavailable)
            case _:
                self._proceed(_outcome(carry_out))

    def _proceed(self, reply: Callable[[], Any]) -> None:
        self._reply = reply
        self._turn.release()
        self._yielded.acquire()

    def wait_at(self, operation: str, carry_out: Callable[[], T]) -> T:
        """Called in the worker's own thread: hands the turn back until the call's fate is decided."""
        self.request = (operation, carry_out)
        self._yielded.release()
        self._turn.acquire()
        reply: T = self._reply()
        return reply


class SteppingWire(Wire):
    """Stops workers at each call. Calls of the test itself are carried out at once."""

    def __init__(self) -> None:
        self._current = threading.local()
        self.travelling: list[tuple[str, Callable[[], Any]]] = []
        """Requests that are on their way although nobody waits for their answer any more."""

    def enter(self, worker: Worker) -> None:
        self._current.worker = worker

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        worker: Worker | None = getattr(self._current, "worker", None)
        return carry_out() if worker is None else worker.wait_at(operation, carry_out)


def _outcome(carry_out: Callable[[], Any]) -> Callable[[], Any]:
    """Carries the request out; what is returned gives its answer, or raises its refusal, where the worker waits."""
    try:
        answer = carry_out()
    except Exception as error:
        return lambda error=error: _raise(error)  # type: ignore[misc]
    return lambda: answer


def _raise(error: Exception) -> None:
    raise error


def _killed() -> None:
    raise ProcessKilled
