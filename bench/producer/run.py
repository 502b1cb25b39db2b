"""One way, one size, one process: python -m bench.producer.run producer 10000

The environment is the function's, set by the caller. Lines on standard output: `rows`, how many of the result
were read so far, and at last `figures`, as JSON.
"""

import json
import resource
import sys
from pathlib import Path

from bench.producer.standin import StandIn
from bench.producer.ways import WAYS
from shared import wiring

_STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """This program's peak. Linux counts in ru_maxrss also what the process was before it became this program: a copy of
    the process that started it (source: getrusage, execve manual pages).
    """
    if _STATUS.exists():
        (line,) = [line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 2**10


def main(way: str, rows: int) -> None:
    stand_in = StandIn(rows)
    stand_in.on_rows = lambda read: print("rows", read, flush=True)
    stand_in.register(wiring.session().events)
    run = WAYS[way](stand_in)
    loaded = resource.getrusage(resource.RUSAGE_SELF)
    began = stand_in.now()
    invocations = run()
    seconds, used = stand_in.now() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = used.ru_utime + used.ru_stime - loaded.ru_utime - loaded.ru_stime
    figures = {
        "rows": rows,
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows / seconds, 1),
        "calls_per_row": round(sum(stand_in.calls.values()) / rows, 5),
        "cpu_us_per_row": round(cpu_s / rows * 1e6, 1),
        "stand_in_cpu_us_per_row": round(stand_in.cpu_s / rows * 1e6, 1),
        "peak_rss_mb": round(peak_bytes() / 2**20, 1),
        "start_cpu_s": round(loaded.ru_utime + loaded.ru_stime, 2),
        "invocations": invocations,
        "missing": rows - stand_in.put,
        "refused": stand_in.refused,
        "calls": dict(stand_in.calls),
    }
    print("figures", json.dumps(figures), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
