"""What can't be understood, what is refused, and the exit status of each."""

import importlib.metadata
import shlex
import subprocess
import sys
import tomllib
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError, NoRegionError

from ops import main as command_line
from ops.commands.order import Order, Unstaged
from ops.decision import VERBS, typed
from ops.doctor import version
from ops.errors import RefusedError, UnclearError, UnreadableError
from ops.main import parse
from shared.errors import StoreUnavailableError
from shared.outbox.states import Status
from shared.outbox.transitions import Arm, Transition
from simulation.world import World
from tests.unit.ops.office import Office, put

pytestmark = pytest.mark.usefixtures("no_metrics")

WHY = ("--reason", "x")
SCRIPTS: dict[str, str] = tomllib.loads((version.ROOT / "pyproject.toml").read_text())["project"]["scripts"]


def stage(order: Order | Unstaged | None) -> str:
    assert order
    return order.stage if isinstance(order, Order) else ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name a COMMAND"),
        (("fix",), "Unknown command"),
        (("redrive", *WHY), "name one message"),
        (("redrive", "ann", *WHY), "name one message"),
        (("redrive", "ann", "2026-10"), "--reason"),
        (("redrive", "ann", "2026-10", "--reason", " "), "--reason. it is empty"),
        (("redrive", "ann", "October", *WHY), "write a month as YYYY-MM"),
        (("redrive", "ann", "2026-10", "--all", *WHY), "name one message"),
        (("redrive", "--all", "--from", "x", "--period", "2026-10", *WHY), "name one message"),
        (("redrive", "--all", *WHY), "--all needs --period"),
        (("redrive", "--all", "--period", "2026-10", "--status", "UNCERTAIN", *WHY), "invalid choice"),
        (("redrive", "ann", "2026-10", "--error", "x", *WHY), "go with --all"),
        (("redrive", "--from", "x", "--limit", "5", *WHY), "go with --all"),
        (("redrive", "--from", "-", *WHY), "--from - needs --yes"),
        (("redrive", "ann", "2026-10", "--accept-risk", *WHY), "Unknown option"),
        (("held", "--limit", "0"), "no number from 1"),
        (("pause", "now", *WHY), "now: more than `onlyonce pause` takes"),
        (("held", "--status", "SENT"), "invalid choice"),
        (("held", "--status", "LOST"), "Choose from"),
        (("list", "--status", "sent"), "Choose from"),
        (("list", "--json", "--csv", "x"), "not both"),
        (("list", "--status", "SENT", "--json"), "need --yes"),
        (("list", "--status", "DELIVERED", "--csv", "-"), "need --yes"),
        (("completion", "cmd"), "Choose from"),
        (("pause",), "--reason"),
        (("produce", "2026-13"), "write a month"),
    ],
)
def test_what_can_not_be_understood(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main([*words, *([] if not words or words[0] in UNSTAGED else ["--stage", "test"])]) == 2
    assert said in capsys.readouterr().err


def test_the_script_is_this_command_line() -> None:
    """`make` installs what pyproject.toml declares."""
    (script,) = importlib.metadata.EntryPoints(
        importlib.metadata.EntryPoint(name, value, "console_scripts") for name, value in SCRIPTS.items()
    )
    assert script.name == "onlyonce"
    assert script.load() is command_line.main


def test_the_stage_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONLYONCE_STAGE", raising=False)
    with pytest.raises(UnclearError, match=r"which stage\? .*--stage prod.*ONLYONCE_STAGE"):
        parse(["status"])


def test_what_is_wrong_is_said_with_where_to_read_on() -> None:
    with pytest.raises(UnclearError, match=r"--wach.*`onlyonce status --help`"):
        parse(["status", "--wach", "--stage", "prod"])


LITTLE = """
import sys
from ops import main
main._carry_out = lambda _: print("little") or 0
sys.exit(main.main(["completion", "bash"]))
"""


@pytest.mark.parametrize("run", [("-m", "ops.main", "completion", "bash"), ("-c", LITTLE)], ids=["much", "little"])
def test_who_has_read_enough_is_told_nothing(run: tuple[str, ...]) -> None:
    """As `| head -1`: the rest of what is printed finds nobody, be it at once or when the process ends."""
    process = subprocess.Popen(
        [sys.executable, *run], cwd=version.ROOT, env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.close()
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, b"")


def test_the_environment_may_name_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed wins."""
    monkeypatch.setenv("ONLYONCE_STAGE", "prod")
    assert [stage(parse(["status"])), stage(parse(["status", "--stage", "dev"]))] == ["prod", "dev"]


def test_a_word_is_accepted_by_each_accept(office: Office) -> None:
    with pytest.raises(RefusedError, match="2026-10 has not stopped"):
        office.type("produce", "--accept", "fewer", "2026-10", "--accept", "rejected")


COMMANDS = (
    "status",
    "list",
    "held",
    "rejected",
    "suppressed",
    "show",
    "report",
    "redrive",
    "assume-sent",
    "resend",
    "cancel",
    "pause",
    "resume",
    "produce",
    "halt",
    "close",
    "readmit",
    "unsubscribe",
    "resubscribe",
    "reconcile",
    "forget",
    "export",
    "doctor",
    "accept",
    "completion",
    "console",
    "preflight",
    "preview",
    "test-send",
)
UNSTAGED = {"completion"}
"""They ask no stage."""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main([command, "--help"]) == 0
    lines = capsys.readouterr().out.partition("examples:\n")[2].splitlines()
    assert lines
    for line in lines:
        typed, *words = shlex.split(line)
        order = parse(words)
        assert (typed, words[0]) == ("onlyonce", command)
        assert stage(order) == ("" if command in UNSTAGED else "prod")


def test_these_are_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert {line.split(":")[0].strip() for line in listed} == {*COMMANDS, "--help, -h"}


def test_where_no_terminal_is_there_are_no_boxes(capsys: pytest.CaptureFixture[str]) -> None:
    command_line.main(["held", "--help"])
    command_line.main(["held", "--limit", "x"])
    printed = "".join(capsys.readouterr())
    assert not {"\x1b", "│", "╭"} & set(printed)


@pytest.mark.parametrize("transition", VERBS.values(), ids=VERBS)
def test_a_decisions_help_is_the_protocols_summary_and_what_it_takes(
    transition: Transition, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = replace(transition, summary="do as the table says", arms=(Arm(frozenset({Status.SENT})),))
    monkeypatch.setitem(VERBS, transition.name, changed)
    parse(["--help"])
    assert f"{typed(transition)}: Do as the table says (SENT)." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("opening", "status", "said"),
    [
        (None, 0, ""),
        (RefusedError("there is no stack"), 1, "there is no stack\n"),
        (StoreUnavailableError("GetItem: AccessDenied"), 1, "GetItem: AccessDenied\n"),
        (NoCredentialsError(), 2, "onlyonce: no credentials (Unable to locate credentials): log in"),
        (
            NoRegionError(),
            2,
            "onlyonce: no region, or none that exists: name it, as with AWS_DEFAULT_REGION=us-east-1\n",
        ),
        (UnreadableError("describe_alarms: AccessDenied: no"), 1, "describe_alarms: AccessDenied: no\n"),
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
    assert command_line.main(["status", "--stage", "test"]) == status
    assert said in capsys.readouterr().err


def test_a_refused_command_ends_with_1(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(world, "ann", Status.SENT)
    monkeypatch.setattr(command_line, "open_session", lambda *_: office.session)
    assert command_line.main(["redrive", "ann", "2026-10", *WHY, "--stage", "test"]) == 1
    assert "is SENT" in capsys.readouterr().err
