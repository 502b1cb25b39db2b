"""onlyonce preview: a page of mails, of a stage or of one's own rows."""

import stat
import subprocess
import webbrowser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ops.commands.order import Unstaged
from ops.errors import RefusedError, UnclearError
from ops.mail import own_rows
from ops.mail.of_message import FORGOTTEN
from ops.main import parse
from simulation.world import World
from tests.unit.ops.mail.result import NO_KEY, produced, store, written
from tests.unit.ops.office import Office


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the pages are written."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(webbrowser, "open", found.append)
    return found


def page_of(pages: Path) -> str:
    (path,) = pages.rglob("mails.html")
    return path.read_text()


def test_the_mail_of_a_user(office: Office, world: World, pages: Path, opened: list[str]) -> None:
    produced(office, world)
    assert office.type("preview", "user-00001", "2026-10") == 0
    assert "what will be sent, from the message itself" in office.shown
    assert "u***@example.com" in page_of(pages)
    assert "user-00001@" not in page_of(pages)
    assert opened == []


def test_of_the_latest_month_in_the_browser_and_revealed(
    office: Office, world: World, pages: Path, opened: list[str]
) -> None:
    produced(office, world)
    assert office.type("preview", "user-00001", "--open", "--reveal") == 0
    (path,) = pages.rglob("mails.html")
    assert opened == [path.as_uri()]
    assert "user-00001@example.com" in page_of(pages)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("words", [[], ["2026-10"]])
def test_the_first_mails_of_a_month(office: Office, world: World, pages: Path, words: list[str]) -> None:
    """Whose row is rejected, or who was forgotten, is none of them."""
    produced(office, world)
    rows = [
        {**world.rows[0], "user_id": user, "email": email} for user, email in (("a", "bad"), ("b", "b@example.com"))
    ]
    store(office, written([*rows, *world.rows]))
    office.type("forget", "user-00000", "--reason", "asked us to", "--yes")
    assert office.type("preview", *words) == 0
    shown = [line.partition(":")[0] for line in office.shown.splitlines()[:3]]
    assert shown == ["b", "user-00001", "user-00002"]
    assert page_of(pages).count("<iframe") == 0, "SES has given a text part only"


def test_why_there_is_none(office: Office, world: World, pages: Path) -> None:
    produced(office, world)
    office.type("forget", "user-00001", "--reason", "asked us to", "--yes")
    assert office.type("preview", "user-00001", "2026-10") == 1
    assert FORGOTTEN in office.shown
    assert "is erased for good" in page_of(pages)


def test_a_month_without_a_result_is_refused(office: Office, world: World) -> None:
    with pytest.raises(RefusedError, match="there is no mail of 2026-10 to show: 2026-10 has not been produced"):
        office.type("preview", "2026-10")
    produced(office, world)
    store(office, NO_KEY)
    with pytest.raises(RefusedError, match="S3 keeps it for 14 days"):
        office.type("preview", "2026-10")
    store(office, written([{**world.rows[0], "email": "bad"}]))
    with pytest.raises(RefusedError, match="no row of 2026-10 can become a mail"):
        office.type("preview", "2026-10")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Path]]:
    """The processes that were started, which end with 3."""
    found: list[tuple[list[str], Path]] = []

    def run(words: list[Any], cwd: Path, check: bool) -> subprocess.CompletedProcess[bytes]:
        assert not check
        found.append(([str(word) for word in words], cwd))
        return subprocess.CompletedProcess(words, 3)

    monkeypatch.setattr(subprocess, "run", run)
    return found


def checkout(folder: Path, *, tools: bool = True) -> Path:
    (folder / own_rows.PREVIEW).mkdir(parents=True)
    if tools:
        (folder / own_rows.PYTHON).parent.mkdir(parents=True)
        (folder / own_rows.PYTHON).touch()
    return folder


def carry_out(*words: str) -> int:
    errand = parse(["preview", *words])
    assert isinstance(errand, Unstaged), "it needs no stage"
    return errand.carry_out(Console())


@pytest.mark.parametrize("elsewhere", [False, True])
def test_ones_own_rows_are_shown_by_the_checkout(
    started: list[tuple[list[str], Path]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, elsewhere: bool
) -> None:
    """The one that this code is part of; where it is installed elsewhere, the one that it is started in."""
    here = checkout(tmp_path / "here")
    monkeypatch.setattr(own_rows, "ROOT", tmp_path / "site-packages" if elsewhere else here)
    monkeypatch.chdir(here if elsewhere else tmp_path)
    file = tmp_path / "my.csv"
    file.touch()
    assert carry_out("ann", "2026-10", "--from", str(file), "--open") == 3
    ((words, cwd),) = started
    assert (words[0], cwd) == (str(here / own_rows.PYTHON), here)
    assert words[1:] == [
        "-m",
        "local",
        "preview",
        "--usage",
        str(file),
        "--user",
        "ann",
        "--period",
        "2026-10",
        "--open",
    ]


def test_without_a_checkout_its_tools_or_the_file_it_says_what_to_do(
    started: list[tuple[list[str], Path]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(own_rows, "ROOT", tmp_path / "site-packages")
    with pytest.raises(RefusedError, match="there is no such file"):
        carry_out("--from", "my.csv")
    Path("my.csv").touch()
    with pytest.raises(RefusedError, match="runs the query of a checkout, and there is none here"):
        carry_out("--from", "my.csv")
    checkout(tmp_path, tools=False)
    with pytest.raises(RefusedError, match=r"its tools are not installed. `make preview USAGE=my.csv`"):
        carry_out("--from", "my.csv")
    assert started == []


def test_without_either_the_stage_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONLYONCE_STAGE", raising=False)
    with pytest.raises(UnclearError, match="--stage is missing, or --from FILE"):
        parse(["preview", "ann"])
