"""Stages a situation of the first of the month, for somebody to decide; docs/rehearsing.md leads through all of them.

    python -m local rehearse                      the scenes
    python -m local rehearse uncertain            begins with an empty embedded AWS, which stays up; says what to type then
    python -m local rehearse uncertain --fresh    the same where one is up already: it is thrown away, with its data
    python -m local rehearse uncertain --play     and types it
    python -m local rehearse stopped --mend       what somebody else does in between, in the scene that is staged

Exit status 1 if it could not be staged; 2 if nothing was done, because the command is malformed or a stack is up.
"""

import argparse
import sys
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from local.month.month import MonthError
from local.rehearse import chapter, play
from local.rehearse.rehearsal import PARAMS, Rehearsal
from local.rehearse.scenes import SCENES, Scene
from local.stack.deployment import Deployment, DeploymentError
from local.stack.detached_engine import DetachedEngine, EngineError, Say
from local.stack.stack import FOLDER, Stack, StackRefusedError
from shared.periods import Period

NAMES = {
    "onlyonce": ".venv/bin/onlyonce",
    "faults": ".venv/bin/python -m local faults",
    "inbox": ".venv/bin/python -m local inbox",
    "rehearse": ".venv/bin/python -m local rehearse",
}


def main() -> int:
    """Stage it from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local rehearse", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scene", nargs="?", default="", choices=["", *SCENES], metavar="SCENE")
    parser.add_argument("--play", action="store_true", help="act the operator's part out as well")
    parser.add_argument("--mend", action="store_true", help="only what somebody else does in between")
    parser.add_argument(
        "--write", action="store_true", help="play it, or every scene, and write docs/rehearsing.md anew"
    )
    parser.add_argument("--fresh", action="store_true", help="throw away the stack that is up, with its data")
    parser.add_argument("--port", type=int, help="port of the embedded AWS")
    given = parser.parse_args()
    if not given.scene and not given.write:
        print("\n".join(f"{name:<12}{scene.about}" for name, scene in SCENES.items()))
        return 0
    scene = SCENES.get(given.scene)
    if given.mend and (scene is None or scene.mend is None):
        parser.error(f"in {given.scene or 'no scene'} nobody mends anything in between")
    try:
        if scene is None or given.write:
            return _write([given.scene] if given.scene else list(SCENES), given.port)
        return _mend(scene) if given.mend else _stage(scene, given.port, plays=given.play, fresh=given.fresh)
    except StackRefusedError as error:
        print(error, file=sys.stderr)
        return 2
    except (EngineError, DeploymentError, MonthError, play.PlayError) as error:
        print(error, file=sys.stderr)
    except (BotoCoreError, ClientError, OSError) as error:
        print(f"the embedded AWS did not answer as expected: {error}\nits log: .local/engine.log", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ninterrupted; the embedded AWS stays as it is: `make down` stops it", file=sys.stderr)
    return 1


def last_month() -> Period:
    """The month that a first of the month is about."""
    return Period(datetime.now(UTC).date().replace(day=1)).previous


def _stage(scene: Scene, port: int | None, *, plays: bool, fresh: bool) -> int:
    rehearsal = _staged(scene, port, lambda text: print(text, flush=True), fresh=fresh)
    if plays:
        play.play(scene, rehearsal)
        return 0
    print("\nLook, and decide, for example with:\n\n    . .local/env")
    for line in play.lines(scene, rehearsal):
        command, _, words = line.partition(" ")
        print(f"    {NAMES[command]} {words}".rstrip())
    print(f"    {NAMES['onlyonce']} console    # or all of it in the browser")
    print(f"\nInbox: {rehearsal.url}/_onlyonce/mail    the same, explained: docs/rehearsing.md    stop: make down")
    return 0


def _write(names: list[str], port: int | None) -> int:
    for name in names:
        printed: list[str] = []
        play.play(SCENES[name], _staged(SCENES[name], port, printed.append, fresh=True))
        chapter.write(name, printed)
        print(f"• {name} is written")
    return 0


def _staged(scene: Scene, port: int | None, say: Say, *, fresh: bool) -> Rehearsal:
    """The scene on an embedded AWS that was empty, and stays up. Raises StackRefusedError if one is up, unless `fresh`."""
    stack = Stack(FOLDER, lambda text: print(f"• {text}"))
    if not fresh and (standing := stack.standing()):
        raise StackRefusedError(
            f"{standing}\nA rehearsal begins with an empty one. Nothing was touched; throw that one away, with its data: FRESH=1"
        )
    deployment = stack.up(port, found="replace", params=PARAMS)
    rehearsal = Rehearsal(deployment, last_month(), say)
    scene.stage(rehearsal)
    return rehearsal


def _mend(scene: Scene) -> int:
    url = DetachedEngine(FOLDER, print).url
    if url is None:
        print("no embedded AWS is up here: stage the scene first", file=sys.stderr)
        return 2
    assert scene.mend is not None
    scene.mend(Rehearsal(Deployment(url), last_month(), print))
    return 0
