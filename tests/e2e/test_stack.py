"""Switching on and off: only what was started is ever stopped."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack.daemon import Daemon
from local.stack.deployment import Deployment
from local.stack.detached_engine import DetachedEngine, EngineError
from local.stack.stack import Stack

_SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def _start(daemon: Daemon, folder: Path) -> int:
    return daemon.start(_SLEEP, cwd=folder, environment=os.environ, log=folder / "log")


def test_up_again_keeps_what_is_there(stack: Stack, deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    again = stack.up()
    assert again.url == deployment.url
    assert f"up already on {deployment.url}" in capsys.readouterr().out


def test_down_where_nothing_runs(tmp_path: Path) -> None:
    assert Stack(tmp_path).down() is False


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EngineError, match=f"port {port} is in use"):
            DetachedEngine(tmp_path, print).start(port)


def test_a_daemon_is_found_and_stopped_by_another_command(tmp_path: Path) -> None:
    pid = _start(Daemon(tmp_path / "pid"), tmp_path)
    other = Daemon(tmp_path / "pid")
    assert other.pid == pid
    assert other.stop() is True
    assert other.pid is None
    assert other.stop() is False


def test_a_stale_pid_hits_nobody(tmp_path: Path) -> None:
    """After a reboot the pid may be another's; the time at which that one started gives it away."""
    with subprocess.Popen(_SLEEP) as foreign:
        (tmp_path / "pid").write_text(f"{foreign.pid} 1\n")
        daemon = Daemon(tmp_path / "pid")
        assert daemon.died
        assert daemon.stop() is False
        assert foreign.poll() is None
        foreign.kill()


def test_a_crash_is_noticed(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path / "pid")
    os.kill(_start(daemon, tmp_path), signal.SIGKILL)
    os.wait()
    assert daemon.died
