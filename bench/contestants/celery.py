"""Celery with Redis's successor Valkey as broker and for results: started, watched, asked what failed."""

import json
import subprocess
from collections.abc import Mapping

from bench.contestants.peers import PYTHON, installed, missing, valkey_version
from bench.contestants.servers import Valkey
from bench.shootout.contestant import Contestant, Ground

WORKERS = 3
"""As many as it takes to reach the rate; each gets its part of it."""


class Celery(Contestant):
    name = "celery"
    title = "Celery"
    described = (
        "A worker with rate_limit and acks_late over Valkey; one task id a user and month, and a task whose id has "
        "succeeded is left out."
    )
    because: Mapping[str, str] = {
        "restarted": "a task id that is there twice is left out once it has succeeded, and each time takes its part of the rate",
        "killed": "a task that was killed after SES had accepted, and before it had a result, is done again, some seconds later",
        "unheard": "a task whose answer is lost has failed, and is retried",
        "crowded": "what SES refuses is retried ten times, and waits between",
    }

    def __init__(self) -> None:
        self._broker: Valkey | None = None

    def missing(self) -> str:
        return missing()

    def versions(self) -> Mapping[str, str]:
        return {"Celery": installed("celery"), "Valkey": f"{valkey_version()} (broker, results)"}

    def prepare(self, ground: Ground) -> None:
        self._broker = Valkey(ground.scratch)

    def producer(self, ground: Ground) -> list[str]:  # noqa: ARG002
        return [str(PYTHON), "-m", "bench.contestants.celery_app", "produce"]

    def senders(self, ground: Ground) -> list[list[str]]:  # noqa: ARG002
        # WORKERS and not one with as many processes: a worker that holds back several tasks for the rate falls to about one
        # a second (https://github.com/celery/celery/issues/5927), as its event loop fires ten timers a turn, and each task
        # that was held back leaves one behind. One that reserves a single task does not. Its pool is the default, prefork;
        # with gevent, what a killed worker has held never comes back (https://github.com/celery/celery/issues/4976).
        # Gossip, mingle and heartbeats are for what watches workers (reference/celery.bin.worker.html).
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
        worker = ["-A", "bench.contestants.celery_app", "worker", "--concurrency", "1", *quiet]
        return [[str(PYTHON), "-m", "celery", *worker, "-n", f"worker{number}@%h"] for number in range(WORKERS)]

    def idle(self, ground: Ground) -> bool:  # noqa: ARG002
        return self._broker is not None and self._broker.numbers("LLEN celery", "HLEN unacked") == [0, 0]

    def held(self, ground: Ground) -> set[str]:
        """Whose task has failed for good: the result backend shows it, as Flower does."""
        command = [str(PYTHON), "-m", "bench.contestants.celery_app", "failed"]
        done = subprocess.run(command, env=ground.environment(), check=True, capture_output=True, text=True)
        return set(json.loads(done.stdout))

    def close(self) -> None:
        if self._broker:
            self._broker.stop()


CONTESTANT = Celery()
