"""What a worker process prints, invocation by invocation."""

import threading
from typing import IO

# As in python_runtime.py, which runs in the worker and can import nothing from here.
END_OF_LOG = "\x01end-of-invocation\x01"
_GRACE_S = 1.0


class WorkerLog:
    """Drains the process's output in a thread, so that printing never blocks it."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        assert stream, "the process was started without a pipe for its output"
        self._lines: list[str] = []
        self._ended = threading.Event()
        self._collector = threading.Thread(target=self._collect, args=(stream,), name="worker-log", daemon=True)
        self._collector.start()

    def of_invocation(self) -> str:
        """The lines of the invocation that has just answered, complete up to its end-of-invocation mark."""
        self._ended.wait(_GRACE_S)
        self._ended.clear()
        return self._since_last_call()

    def of_ended_process(self) -> str:
        """The lines since the last call, up to the last one that the process wrote before its end."""
        self._collector.join(_GRACE_S)
        return self._since_last_call()

    def _since_last_call(self) -> str:
        lines, self._lines = self._lines, []
        return "\n".join(lines)

    def _collect(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                line = raw.decode(errors="replace").rstrip("\n")
                if line.endswith(END_OF_LOG):
                    # A handler's unfinished last line stands before the mark.
                    line = line.removesuffix(END_OF_LOG)
                    if line:
                        self._lines.append(line)
                    self._ended.set()
                else:
                    self._lines.append(line)
        self._ended.set()
