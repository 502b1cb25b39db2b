"""What a function has printed is there when its run is over, however it ended."""

import io
import time
from collections.abc import Iterator

from local.engine.worker_log import END_OF_LOG, WorkerLog


class SlowPipe(io.BytesIO):
    """What stands in it is read later than it was written."""

    def __iter__(self) -> Iterator[bytes]:
        for line in io.BytesIO(self.getvalue()):
            time.sleep(0.05)
            yield line


def test_all_that_a_process_printed_before_its_end_is_there() -> None:
    assert WorkerLog(SlowPipe(b"one\ntwo\nunfinished")).of_ended_process() == "one\ntwo\nunfinished"


def test_all_that_an_invocation_printed_is_there() -> None:
    log = WorkerLog(SlowPipe(f"one\ntwo{END_OF_LOG}\nthe next one's\n".encode()))
    assert log.of_invocation() == "one\ntwo"
    assert log.of_ended_process() == "the next one's"
