"""The console beside an embedded AWS: found, replaced and ended by its pid, whatever becomes of it."""

import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import detached_console
from local.stack.detached_console import ConsoleError, DetachedConsole

URL = "http://127.0.0.1:4566"
STAND_IN = """
import http.server, os, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["AWS_ENDPOINT_URL"].encode())
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
print("port 4580 is taken", file=sys.stderr)
print(f"http://127.0.0.1:{server.server_port}/?token=abc")
server.serve_forever()
"""
DIES = "import sys; print('no stage'); sys.exit(2)"


def command(program: str) -> list[str]:
    return [sys.executable, "-c", program]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[DetachedConsole]:
    """A stand-in that serves one page, on a port that is free."""
    console = DetachedConsole(tmp_path, lambda _: None, command(STAND_IN))
    yield console
    console.stop()


def page(address: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as answer:
        return str(answer.read().decode())


def pid(folder: Path) -> int:
    return int((folder / "console.pid").read_text().split()[0])


def test_it_is_where_it_says_and_looks_at_this_embedded_aws(console: DetachedConsole) -> None:
    address = console.start(URL)
    assert address == console.address
    assert address.endswith("/?token=abc")
    assert page(address) == URL


def test_another_command_finds_it_and_ends_it_and_may_do_so_twice(console: DetachedConsole, tmp_path: Path) -> None:
    address, other = console.start(URL), DetachedConsole(tmp_path, lambda _: None)
    assert other.address == address
    assert (other.stop(), other.stop()) == (True, False)
    assert other.address is None
    with pytest.raises(OSError, match="refused"):
        page(address)


def test_one_that_was_killed_is_no_console_and_its_end_is_told_once(tmp_path: Path) -> None:
    said: list[str] = []
    console = DetachedConsole(tmp_path, said.append, command(STAND_IN))
    console.start(URL)
    os.kill(pid(tmp_path), signal.SIGKILL)
    os.wait()
    assert console.address is None
    assert (console.stop(), console.stop()) == (False, False)
    assert [line.partition(";")[0] for line in said] == ["the console had ended by itself"]


def test_one_that_runs_makes_room_for_the_next(console: DetachedConsole, tmp_path: Path) -> None:
    first = console.start(URL), pid(tmp_path)
    second = console.start("http://127.0.0.1:4567"), pid(tmp_path)
    assert first[1] != second[1]
    assert page(second[0]) == "http://127.0.0.1:4567"
    with pytest.raises(OSError, match="refused"):
        page(first[0])


@pytest.mark.parametrize(
    ("program", "says"),
    [(DIES, "ended at once.*\nno stage$"), ("import time; print('wait', end='', flush=True); time.sleep(60)", "in time")],
)  # fmt: skip
def test_one_that_does_not_start_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, says: str
) -> None:
    monkeypatch.setattr(detached_console, "START_TIMEOUT_S", 1.0)
    console = DetachedConsole(tmp_path, lambda _: None, command(program))
    with pytest.raises(ConsoleError, match=says):
        console.start(URL)
    assert console.address is None
    assert not (tmp_path / "console.pid").exists()


def test_an_address_is_not_taken_before_its_line_is_whole(tmp_path: Path) -> None:
    """Or the token would be cut off."""
    halves = "import time; print('http://127.0.0.1:1/?token=a', end='', flush=True); time.sleep(.5); print('bc'); time.sleep(60)"
    console = DetachedConsole(tmp_path, lambda _: None, command(halves))
    try:
        assert console.start(URL) == "http://127.0.0.1:1/?token=abc"
    finally:
        console.stop()


def test_its_log_which_holds_the_token_is_read_by_nobody_else(console: DetachedConsole, tmp_path: Path) -> None:
    console.log.write_text("of a log that others could read")
    console.log.chmod(0o644)
    console.start(URL)
    assert stat.S_IMODE((tmp_path / "console.log").stat().st_mode) == 0o600


def test_ctrl_c_while_it_starts_comes_once_it_can_be_found(
    console: DetachedConsole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst moment: the process is there, and not written down yet."""
    begun: Any = subprocess.Popen

    def interrupted(*words: Any, **options: Any) -> Any:
        process = begun(*words, **options)
        signal.raise_signal(signal.SIGINT)
        return process

    monkeypatch.setattr("local.stack.daemon.subprocess.Popen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        console.start(URL)
    assert pid(tmp_path) > 0
    deadline = time.monotonic() + 5
    while console.address is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert console.address, "Ctrl-C does not reach it: it has a session of its own"
    assert DetachedConsole(tmp_path, lambda _: None).stop()
