"""What the embedded AWS takes of the machine: its own process, and the Lambda processes that it keeps warm."""

import contextlib
from dataclasses import dataclass

import psutil

_MB = 1_000_000


@dataclass(frozen=True)
class Load:
    """At one moment; `cpu_s` since the engine began, with that of Lambda processes that have ended."""

    engine_mb: float
    """Resident memory of the engine itself."""
    memory_mb: float
    """The same, and that of its Lambda processes; memory that they share counts for each."""
    cpu_s: float
    threads: int
    """Of the engine itself."""
    processes: int


def load_of(pid: int) -> Load:
    """The load of the engine with that pid. Raises psutil.NoSuchProcess if it has ended."""
    engine = psutil.Process(pid)
    times = engine.cpu_times()
    cpu_s = times.user + times.system + times.children_user + times.children_system
    engine_mb = engine.memory_info().rss / _MB
    workers = engine.children(recursive=True)
    workers_mb = 0.0
    for worker in workers:
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            workers_mb += worker.memory_info().rss / _MB
            cpu_s += sum(worker.cpu_times()[:2])
    return Load(engine_mb, engine_mb + workers_mb, cpu_s, engine.num_threads(), 1 + len(workers))
