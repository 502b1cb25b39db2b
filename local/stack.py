"""The embedded AWS with the product deployed on it, as one thing to switch on and off.

    python -m local.stack up [--port N] [--fresh]
    python -m local.stack down

`up` leaves it running and writes .local/env, to be sourced by a shell. `down` stops what `up` started.
"""

import argparse
import contextlib
import fcntl
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.deployment import Deployment, DeploymentError
from local.detached_engine import PORT, DetachedEngine, EngineError, Say, shown
from local.embedded_aws import ROOT, free_port

FOLDER = ROOT / ".local"


class Stack:
    """One embedded AWS and the product on it; `folder` holds its logs, its pid and its environment."""

    def __init__(self, folder: Path = FOLDER, say: Say = print) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = folder / "env"
        self._deploy_log = folder / "deploy.log"
        self._lock = folder / "stack.lock"
        self._engine = DetachedEngine(folder, say)
        self._say = say

    def up(
        self, port: int | None = None, *, fresh: bool = False, params: Mapping[str, int | str] | None = None
    ) -> Deployment:
        """Start it and deploy, or only deploy if it runs; `fresh` starts it anew, empty.

        `params` take the place of those in serverless.yml. Raises EngineError or DeploymentError.
        """
        with self._alone():
            if fresh and self._engine.url is not None:
                self._engine.stop()
                self._say("stopped the embedded AWS that was running, to begin with an empty one")
            url = self._engine.url
            if url is None:
                url = self._engine.start(port)
            else:
                self._say(f"the embedded AWS is up already on {url}")
            started_at = time.monotonic()
            deployment = Deployment(url)
            deployment.deploy(self._deploy_log, params)
            self.environment.write_text(deployment.shell_environment())
            self._say(f"serverless.yml is deployed with osls, stage local ({time.monotonic() - started_at:.1f} s)")
            return deployment

    @property
    def pid(self) -> int | None:
        """The embedded AWS's process; None if it does not run."""
        return self._engine.pid

    def down(self) -> bool:
        """Stop it, if it runs; whether it did."""
        with self._alone():
            self.environment.unlink(missing_ok=True)
            return self._engine.stop()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else switches it on or off meanwhile."""
        with self._lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._say("another `make up`, `demo` or `down` is at work here; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextlib.contextmanager
def passing_stack(folder: Path, say: Say, params: Mapping[str, int | str] | None = None) -> Iterator[Deployment]:
    """The product on an embedded AWS of its own, on a free port, down again at the end. Raises what `up` raises."""
    mine = Stack(folder, say)
    try:
        yield mine.up(free_port(), params=params)
    finally:
        mine.down()


def main() -> int:
    """Switch on or off from the command line."""
    parser = argparse.ArgumentParser(prog="python -m local.stack", description="The embedded AWS, the product on it.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start it and deploy; it stays up")
    up.add_argument("--port", type=int, help=f"default: {PORT}, or another if that is in use")
    up.add_argument("--fresh", action="store_true", help="begin with an empty one")
    commands.add_parser("down", help="stop what `up` started")
    arguments = parser.parse_args()
    stack = Stack()
    try:
        if arguments.command == "down":
            print("stopped" if stack.down() else "nothing was running")
            return 0
        deployment = stack.up(arguments.port, fresh=arguments.fresh)
    except (EngineError, DeploymentError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"for your shell and the AWS CLI: source {shown(stack.environment)}")
    print(f"mails: {deployment.url}/_onlyonce/mail    stop: make down")
    return 0


if __name__ == "__main__":
    sys.exit(main())
