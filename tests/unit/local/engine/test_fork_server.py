"""Execution environments that are forked from one process share nothing but the time that its import has taken."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.engine.fork_server import (
    LOG_STREAM,
    Environment,
    ForkServer,
    ForkServerEndedError,
    ForkServerTimedOutError,
    server_of,
)

HANDLER = """
import os, random, sys, time
print("imported")
calls = []
def handler(event, context):
    if event == "exit":
        sys.exit(3)
    calls.append(1)
    return [len(calls), os.getpid(), random.random(), context.log_stream_name]
"""
SECONDS = 20.0


@dataclass
class Forked:
    """An environment, and the pipes to it."""

    process: Environment
    events: Any
    results: Any
    output: Any

    def ready(self) -> Any:
        return json.loads(self.results.readline())

    def invoke(self, event: str = "") -> Any:
        envelope = {"event": event, "request_id": "1", "trace_id": None, "function_arn": "arn", "deadline_ms": 0}
        print(json.dumps(envelope), file=self.events, flush=True)
        return json.loads(self.results.readline() or "null")


Fork = Callable[[ForkServer, str], Forked]


@pytest.fixture
def variables(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """A function's, whose code it is."""

    def of(code: str) -> dict[str, str]:
        (tmp_path / "index.py").write_text(code)
        of_aws = ("NAME", "VERSION", "MEMORY_SIZE")
        return {
            **{f"AWS_LAMBDA_FUNCTION_{name}": "1" for name in of_aws},
            "AWS_LAMBDA_LOG_GROUP_NAME": "group",
            "LAMBDA_TASK_ROOT": str(tmp_path),
            "_HANDLER": "index.handler",
            "PATH": os.environ["PATH"],
        }

    return of


@pytest.fixture
def fork() -> Iterator[Fork]:
    """Forks from a server; the ends of the pipes are closed afterwards."""
    with ExitStack() as opened:

        def forked(server: ForkServer, log_stream: str) -> Forked:
            (events, ours), (results, theirs), (printed, output) = (os.pipe() for _ in range(3))
            ends = [
                opened.enter_context(os.fdopen(end, mode))
                for end, mode in ((ours, "w"), (results, "r"), (printed, "r"))
            ]
            try:
                return Forked(server.fork(log_stream, (events, theirs, output), time.monotonic() + SECONDS), *ends)
            finally:
                for end in (events, theirs, output):
                    os.close(end)

        yield forked


def test_environments_share_nothing(tmp_path: Path, variables: Callable[[str], dict[str, str]], fork: Fork) -> None:
    """Each has its own globals, process, random numbers and log stream, and what the import has printed."""
    server = ForkServer(tmp_path, variables(HANDLER))
    environments = [fork(server, f"stream {number}") for number in range(3)]
    assert [one.ready() for one in environments] == [{"ready": True}] * 3
    answers = [one.invoke()["returned"] for one in environments]
    calls, pids, numbers, streams = zip(*answers, strict=True)
    assert calls == (1, 1, 1)
    assert list(pids) == [one.process.pid for one in environments]
    assert len(set(numbers)) == 3
    assert streams == ("stream 0", "stream 1", "stream 2")
    assert [one.output.readline() for one in environments] == ["imported\n"] * 3
    assert environments[0].invoke()["returned"][0] == 2


def test_the_end_of_one_is_told_and_ends_no_other(
    tmp_path: Path, variables: Callable[[str], dict[str, str]], fork: Fork
) -> None:
    server = ForkServer(tmp_path, variables(HANDLER))
    killed, left, other = (fork(server, "stream") for _ in range(3))
    assert killed.process.poll() is None
    killed.process.kill()
    assert killed.process.wait(SECONDS) == -signal.SIGKILL
    left.ready()
    assert left.invoke("exit") is None
    assert left.process.wait(SECONDS) == left.process.poll() == 3
    other.ready()
    assert other.invoke()["returned"][0] == 1
    with pytest.raises(subprocess.TimeoutExpired):
        other.process.wait(0)
    killed.process.kill()  # it has ended: nobody is asked
    other.process.terminate()
    assert other.process.wait(SECONDS) == -signal.SIGTERM


def test_an_import_that_ends_the_process_is_told(
    tmp_path: Path, variables: Callable[[str], dict[str, str]], fork: Fork
) -> None:
    server = ForkServer(tmp_path, variables("import os; os._exit(4)"))
    for _ in range(2):
        with pytest.raises(ForkServerEndedError) as ended:
            fork(server, "stream")
        assert ended.value.exit_code == 4
    assert not server.alive


def test_an_import_that_takes_too_long_is_ended(
    tmp_path: Path, variables: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch, fork: Fork
) -> None:
    server = ForkServer(tmp_path, variables("import time; time.sleep(60)"))
    monkeypatch.setattr("tests.unit.local.engine.test_fork_server.SECONDS", 0.3)
    with pytest.raises(ForkServerTimedOutError):
        fork(server, "stream")
    with pytest.raises(ForkServerEndedError):
        fork(server, "stream")


def test_a_failed_import_is_every_environments_answer(
    tmp_path: Path, variables: Callable[[str], dict[str, str]], fork: Fork
) -> None:
    server = ForkServer(tmp_path, variables("import no_such_module"))
    for _ in range(2):
        assert fork(server, "stream").ready()["raised"]["errorType"] == "Runtime.ImportModuleError"


def test_a_function_has_one_until_it_changes(tmp_path: Path, variables: Callable[[str], dict[str, str]]) -> None:
    """Its environments differ in their log streams alone. One that has ended is replaced."""
    of_function = variables(HANDLER)
    server = server_of(tmp_path, {**of_function, LOG_STREAM: "a"})
    assert server_of(tmp_path, {**of_function, LOG_STREAM: "b"}) is server
    assert server_of(tmp_path, {**of_function, "RATE": "2", LOG_STREAM: "b"}) is not server
    os.kill(server._process.pid, signal.SIGKILL)
    server._process.wait()
    assert server_of(tmp_path, {**of_function, LOG_STREAM: "a"}) is not server
