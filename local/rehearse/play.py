"""The operator's part, acted out: real commands against the deployed stack, and what they print."""

import io
import os
import shlex
import subprocess
import sys

from rich.console import Console

from local import faults, inbox
from local.faults.parser import parser
from local.month.sweeps import Sweeps
from local.rehearse.rehearsal import Rehearsal
from local.rehearse.scenes import Scene
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from shared.outbox.states import HELD

_TIMEOUT_S = 120


class PlayError(Exception):
    """A command of a scene could not be carried out; the message is what it said."""


def lines(scene: Scene, rehearsal: Rehearsal) -> list[str]:
    """The scene's commands as they can be typed now that it is staged."""
    held = sorted(user for status in HELD for user in rehearsal.month.outbox.users(status))
    names = {"PERIOD": str(rehearsal.period), **dict(zip(("HELD", "NEXT"), held, strict=False))}
    filled = []
    for step in scene.steps:
        line = step.typed
        for placeholder, name in names.items():
            line = line.replace(placeholder, name)
        filled.append(line)
    return filled


def play(scene: Scene, rehearsal: Rehearsal) -> None:
    """Each command and what it printed, and how the messages stand when they have come to rest. The sweeper comes every
    few seconds. Raises PlayError.
    """
    with Sweeps(rehearsal.deployment):
        for line, step in zip(lines(scene, rehearsal), scene.steps, strict=True):
            rehearsal.say(f"\n$ {line}")
            printed = _carried_out(shlex.split(line), scene, rehearsal)
            if printed:
                rehearsal.say(printed)
            if step.settles:
                rehearsal.settle()


def _carried_out(words: list[str], scene: Scene, rehearsal: Rehearsal) -> str:
    match words[0]:
        case "onlyonce":
            return _onlyonce(words[1:], rehearsal.url)
        case "faults":
            return "\n".join(faults.run(parser().parse_args(words[1:] or ["show"]), rehearsal.url))
        case "inbox":
            screen = Console(file=io.StringIO(), width=inbox.WIDTH_OF_FILES, highlight=False, markup=False, emoji=False)
            inbox.show(rehearsal.url, "".join(words[1:]), screen)
            return str(screen.file.getvalue()).rstrip()  # type: ignore[attr-defined]
    assert scene.mend is not None
    scene.mend(rehearsal)
    return ""


def _onlyonce(words: list[str], url: str) -> str:
    """The operator's command line, as a process. Its refusal, status 1, is an answer like any other."""
    done = subprocess.run(
        [sys.executable, "-m", "ops.main", *words, "--stage", "local"],
        cwd=ROOT,
        env=isolated(os.environ, url),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode > 1:
        raise PlayError(done.stderr)
    return (done.stdout + done.stderr).rstrip()
