"""The commands that order faults: what they refuse, and how they say what is ordered."""

import sys
from pathlib import Path
from typing import Any

import pytest

from local.demo.options import read_options
from local.faults import command
from local.faults.parser import parser
from local.faults.summary import CALM, in_words
from local.stack import engine_pages
from local.usage.choice import UsageChoiceError

AT_START = {
    "rate": 1000.0, "daily": 1_000_000, "sending_enabled": True, "enforcement": "HEALTHY", "events": True,
    "others": 0.0, "events_held": False, "event_delay_s": 0.0, "outcomes": [],
}  # fmt: skip
STRUCK = {"kills": 2, "killed": {}, "dropped_answers": 3, "throttled": 0, "rejected": 1, "repeated_batches": 0}


def said(ses: dict[str, Any] | None = None, settings: Any = None, kill: Any = None) -> list[str]:
    now = {**AT_START, **(ses or {}), "at_start": AT_START}
    return in_words(now, {"settings": settings or {}, "struck": STRUCK}, kill or {})


def test_nothing_ordered() -> None:
    assert said() == [CALM]


@pytest.mark.parametrize(
    ("ses", "words"),
    [
        ({"rate": 14.0}, "SES accepts 14 mails a second (at the start: 1000)"),
        ({"daily": 50}, "SES accepts 50 mails in 24 hours (at the start: 1,000,000)"),
        ({"daily": -1}, "SES accepts any number of mails in 24 hours"),
        ({"sending_enabled": False}, "the account's sending is paused"),
        ({"enforcement": "SHUTDOWN"}, "the account is in SHUTDOWN"),
        ({"events": False}, "SES's events are dropped"),
        ({"events_held": True}, "SES's events are held back, until `events flow`"),
        ({"event_delay_s": 20.0}, "SES's events come 20 s late"),
        ({"outcomes": [{"to": "0@", "outcome": "bounce"}]}, "mail to addresses with '0@' in them: bounce"),
    ],
)
def test_what_is_ordered_of_ses(ses: dict[str, Any], words: str) -> None:
    assert said(ses) == [f"• {words}"]


def test_what_is_random_says_how_often_it_struck() -> None:
    settings = {
        "drop_ses_answers": 0.1,
        "kill_every_s": 2,
        "functions": ["onlyonce-local-send"],
        "at_most": {"kills": 5},
    }
    assert said(settings=settings) == [
        "• 10% of the answers of SES are lost after it accepted; so far 3",
        "• a busy process of send is killed every 2 s; so far 2 of at most 5",
    ]


def test_a_kill_that_is_to_come_and_one_that_came() -> None:
    kill = {"function": "onlyonce-local-producer", "new_items": 55, "counted": 7, "killed_pids": []}
    assert said(kill=kill) == ["• producer is killed after 55 new items (7 so far; still to come)"]
    assert said(kill={**kill, "killed_pids": [812]}) == [
        "• producer is killed after 55 new items (7 so far; killed: pid 812)"
    ]


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("rate 0", "'0' is not a number above 0"),
        ("rate fast", "'fast' is not a number above 0"),
        ("daily 1.5", "'1.5' is not a whole number, or none"),
        ("lose-answers 2", "'2' is not a share from 0 to 1"),
        ("reject 0.1 --times 0", "'0' is not a whole number from 1"),
        ("kill-producer", "the following arguments are required: N"),
        ("mail vanish", "invalid choice: 'vanish'"),
        ("events sometimes", "invalid choice: 'sometimes'"),
        ("account closed", "invalid choice: 'closed'"),
        ("rain", "invalid choice: 'rain'"),
    ],
)
def test_what_can_not_be_ordered_is_named(typed: str, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(typed.split())
    assert ended.value.code == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("kill-workers send sendd", "sendd: there is no such function"),
        ("events late", "`events late SECONDS` says how late"),
        ("events hold 20", "`events late SECONDS` says how late"),
    ],
)
def test_what_makes_no_sense_together_is_named(typed: str, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = parser().parse_args(typed.split())
    with pytest.raises(SystemExit) as ended:
        given.order(given, "http://127.0.0.1:9")
    assert ended.value.code == 2
    assert named in capsys.readouterr().err


def test_every_example_of_the_help_can_be_typed() -> None:
    run = "  python -m local faults "
    lines = [line for line in parser().format_help().splitlines() if line.startswith(run)]
    assert len(lines) > 10
    for line in lines:
        typed = line.removeprefix(run).split("  ")[0].split()
        parser().parse_args(typed)


def test_without_a_stack_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["faults", "rate", "14"])
    assert command.main() == 2
    assert capsys.readouterr().err == "no embedded AWS is up here: `make up` or `make demo` starts one\n"


def test_the_demo_takes_a_rate() -> None:
    """SES_RATE is what `rate` takes; empty leaves SES as it is; the command that begins anew keeps it."""
    assert read_options("", []).ses_rate is None
    options = read_options("", ["--ses-rate", "14"])
    assert (options.ses_rate, options.anew) == (14, "make demo FRESH=1 SES_RATE=14")
    with pytest.raises(UsageChoiceError, match="SES_RATE=0: '0' is not a number above 0"):
        read_options("", ["--ses-rate", "0"])


def test_what_becomes_of_mail_is_ordered_before_what_was(monkeypatch: pytest.MonkeyPatch) -> None:
    earlier: dict[str, Any] = {"to": "@", "outcome": "delay"}
    asked: dict[str, Any] = {}
    monkeypatch.setattr(engine_pages, "ses", lambda _: {"outcomes": [earlier]})
    monkeypatch.setattr(engine_pages, "set_ses", lambda _, **settings: asked.update(settings))
    given = parser().parse_args(["mail", "bounce", "0@"])
    given.order(given, "http://engine")
    assert asked == {"outcomes": [{"to": "0@", "outcome": "bounce"}, earlier]}
