"""What can't be understood, what is refused, and the exit status of each."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError, NoRegionError

from ops import __main__ as command_line
from ops.decision import VERBS, typed
from ops.errors import RefusedError
from ops.parser import parse
from shared.errors import StoreUnavailableError
from shared.outbox.states import Status
from shared.outbox.transitions import Arm, Transition
from simulation.world import World
from tests.unit.ops.office import Office, put

WHY = ("--reason", "x")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "COMMAND"),
        (("fix",), "invalid choice"),
        (("redrive", *WHY), "name one message"),
        (("redrive", "ann", *WHY), "name one message"),
        (("redrive", "ann", "2026-10"), "--reason"),
        (("redrive", "ann", "2026-10", "--reason", " "), "--reason is empty"),
        (("redrive", "ann", "October", *WHY), "write a month as YYYY-MM"),
        (("redrive", "ann", "2026-10", "--all", *WHY), "name one message"),
        (("redrive", "--all", "--from", "x", "--period", "2026-10", *WHY), "name one message"),
        (("redrive", "--all", *WHY), "--all needs --period"),
        (("redrive", "--all", "--period", "2026-10", "--status", "UNCERTAIN", *WHY), "invalid choice"),
        (("redrive", "ann", "2026-10", "--error", "x", *WHY), "go with --all"),
        (("redrive", "--from", "x", "--limit", "5", *WHY), "go with --all"),
        (("redrive", "--from", "-", *WHY), "--from - needs --yes"),
        (("redrive", "ann", "2026-10", "--accept-risk", *WHY), "unrecognized"),
        (("held", "--limit", "0"), "no number from 1"),
        (("held", "--status", "SENT"), "invalid choice"),
        (("pause",), "--reason"),
        (("produce", "2026-13"), "write a month"),
    ],
)
def test_what_can_not_be_understood(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--stage", "test", *words])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_stage_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["status"])
    assert "--stage" in capsys.readouterr().err


COMMANDS = (
    "status", "held", "show", "redrive", "assume-sent", "resend", "cancel", "pause", "resume", "produce", "readmit",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--stage", "test", command, "--help"])
    assert ended.value.code == 0
    assert f"examples:\n  python -m ops --stage prod {command}" in capsys.readouterr().out


@pytest.mark.parametrize("transition", VERBS.values(), ids=VERBS)
def test_a_decisions_help_is_the_protocols_summary_and_what_it_takes(
    transition: Transition, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = replace(transition, summary="do as the table says", arms=(Arm(frozenset({Status.SENT})),))
    monkeypatch.setitem(VERBS, transition.name, changed)
    with pytest.raises(SystemExit):
        parse(["--stage", "test", "--help"])
    assert f"{typed(transition)} do as the table says (SENT)" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("opening", "status", "said"),
    [
        (None, 0, ""),
        (RefusedError("there is no stack"), 1, "there is no stack\n"),
        (StoreUnavailableError("GetItem: AccessDenied"), 1, "GetItem: AccessDenied\n"),
        (NoCredentialsError(), 1, "AWS can't be asked: Unable to locate credentials\n"),
        (NoRegionError(), 1, "no region: name it, for example with AWS_DEFAULT_REGION=us-east-1\n"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_exit_status_and_what_is_told(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    opening: BaseException | None,
    status: int,
    said: str,
) -> None:
    def open_session(stage: str, _: Any) -> Any:
        assert stage == "test"
        if opening:
            raise opening
        return office.session

    monkeypatch.setattr(command_line, "open_session", open_session)
    assert command_line.main(["--stage", "test", "status"]) == status
    assert said in capsys.readouterr().err


def test_a_refused_command_ends_with_1(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(world, "ann", Status.SENT)
    monkeypatch.setattr(command_line, "open_session", lambda *_: office.session)
    assert command_line.main(["--stage", "test", "redrive", "ann", "2026-10", *WHY]) == 1
    assert "is SENT" in capsys.readouterr().err
