"""SES for several threads: no connection is another thread's, nor older than it may be."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from dags.ses_of_threads import IDLE_S, SesOfThreads
from shared.outbox.message import from_item
from simulation.world import World
from tests.unit.handlers.actors import put


class Made:
    """What one thread asks with."""

    def __init__(self) -> None:
        self.closed = 0

    def request(self, message: Any) -> dict[str, Any]:
        return {"made": self, "message": message}

    def send(self, request: dict[str, Any]) -> str:
        assert request["made"] is self
        return "id"

    def forget_connections(self) -> None:
        self.closed += 1


def test_each_thread_has_its_own() -> None:
    made: list[Made] = []
    ses = SesOfThreads(lambda: made.append(Made()) or made[-1])  # type: ignore[arg-type, func-returns-value, return-value]
    together = Barrier(3)

    def work(message: Any) -> str:
        together.wait()
        return ses.send(ses.request(message))

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, range(3))) == ["id"] * 3
    assert len(made) == 3


def test_a_connection_is_kept_from_mail_to_mail_and_not_for_longer() -> None:
    now, made, message = [100.0], Made(), put(World(0))
    ses = SesOfThreads(lambda: made, lambda: now[0])  # type: ignore[arg-type, return-value]
    ses.send(ses.request(from_item(message)))
    now[0] += IDLE_S / 2
    ses.forget_connections()
    assert made.closed == 0
    ses.send(ses.request(from_item(message)))
    now[0] += IDLE_S * 1.1
    ses.forget_connections()
    assert made.closed == 1
