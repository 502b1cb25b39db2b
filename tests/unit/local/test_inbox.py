"""`python -m local inbox`: who got which mail, and what became of it."""

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from local import inbox
from local.stack import engine_pages

MAILS = [
    {
        "To": ["ann@example.com"],
        "Subject": "Usage",
        "Timestamp": 0.0,
        "Became": ["delivered", "complained"],
        "Headers": {"List-Unsubscribe": "<https://example.com/u>"},
    },
    {"To": ["bob@example.com"], "Subject": "[bold]Usage", "Timestamp": 1.0, "Became": ["bounced"]},
]


@pytest.mark.parametrize(("part", "users"), [("", ["ann", "bob"]), ("BOB", ["bob"]), ("cem", [])])
def test_it_lists_the_mails_to_somebody(monkeypatch: pytest.MonkeyPatch, part: str, users: list[str]) -> None:
    monkeypatch.setattr(engine_pages, "mails", lambda _: iter(MAILS))
    screen = io.StringIO()
    assert inbox.show("http://engine", part, Console(file=screen, width=120, markup=False)) == len(users)
    assert [user for user in ("ann", "bob") if f"{user}@example.com" in screen.getvalue()] == users
    assert ("delivered, complained" in screen.getvalue()) == ("ann" in users)
    assert ("[bold]Usage" in screen.getvalue()) == ("bob" in users)


@pytest.mark.parametrize("headers", [False, True])
def test_headers_are_shown_if_wanted(monkeypatch: pytest.MonkeyPatch, headers: bool) -> None:
    monkeypatch.setattr(engine_pages, "mails", lambda _: iter(MAILS))
    screen = io.StringIO()
    inbox.show("http://engine", "", Console(file=screen, width=160, markup=False), headers=headers)
    assert ("List-Unsubscribe: <https://example.com/u>" in screen.getvalue()) == headers


def test_without_a_stack_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(inbox, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["inbox"])
    assert inbox.main() == 2
    assert capsys.readouterr().err == "no embedded AWS is up here: `make up` or `make demo` starts one\n"
