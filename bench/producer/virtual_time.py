"""Time that passes with what is declared and with the CPU that is used, and not while nothing happens.

Threads take turns, one at a time, as Python's own lock has it. One that waits, for a declared time or for another, gives the
turn to the one whose wait is over first.
"""

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from itertools import count
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualTime:
    """Begins in the thread that makes it."""

    def __init__(self) -> None:
        self._now = 0.0
        self._number = count()
        self._turns: list[tuple[float, int, Any]] = []
        """Who waits until when: a lock that is released when it is their turn."""
        self._since = time.thread_time()

    def now(self) -> float:
        """In seconds."""
        used = time.thread_time()
        self._now += used - self._since
        self._since = used
        return self._now

    def sleep(self, seconds: float) -> None:
        self._wait(self._turn(self.now() + seconds))

    def begin(self, call: Callable[[], T]) -> Callable[[], T]:
        """Begins the call in a thread of its own; gives how to wait for its answer."""
        task = _Task(self, call)
        turn = self._turn(self.now())
        Thread(target=task.run, args=(turn,), daemon=True).start()
        return task.answer

    def pool(self, threads: int) -> "VirtualPool":
        return VirtualPool(self, threads)

    def _turn(self, at: float) -> Any:
        turn = Lock()
        turn.acquire()
        heapq.heappush(self._turns, (at, next(self._number), turn))
        return turn

    def _wait(self, turn: Any) -> None:
        self.now()
        self._pass_on()
        self._take(turn)

    def _take(self, turn: Any) -> None:
        turn.acquire()
        self._since = time.thread_time()

    def _pass_on(self) -> None:
        at, _, turn = heapq.heappop(self._turns)
        self._now = max(self._now, at)
        turn.release()


class _Task:
    """A call in a thread of its own, and who waits for it."""

    def __init__(self, clock: VirtualTime, call: Callable[[], Any]) -> None:
        self._clock = clock
        self._call = call
        self._result: Any = None
        self._error: BaseException | None = None
        self._done = False
        self._waiting: list[Any] = []

    def run(self, turn: Any) -> None:
        self._clock._take(turn)
        try:
            self._result = self._call()
        except BaseException as error:
            self._error = error
        self._done = True
        for waiting in self._waiting:
            heapq.heappush(self._clock._turns, (self._clock.now(), next(self._clock._number), waiting))
        self._clock.now()
        self._clock._pass_on()

    def answer(self) -> Any:
        if not self._done:
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
            self._clock._wait(turn)
        if self._error is not None:
            raise self._error
        return self._result


class VirtualPool(Executor):
    """So many threads that take one thing after another."""

    def __init__(self, clock: VirtualTime, threads: int) -> None:
        self._clock = clock
        self._threads = threads

    def map(self, call: Callable[..., T], *items: Iterable[Any], **_: Any) -> Iterator[T]:  # type: ignore[override]
        left, answers = deque(enumerate(zip(*items, strict=True))), dict[int, T]()

        def work() -> None:
            while left:
                number, given = left.popleft()
                answers[number] = call(*given)

        for wait in [self._clock.begin(work) for _ in range(self._threads)]:
            wait()
        return iter([answers[number] for number in range(len(answers))])
