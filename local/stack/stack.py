"""The embedded AWS with the product deployed on it, as one thing to switch on and off."""

import contextlib
import fcntl
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from local.stack.contents import described
from local.stack.deployment import Deployment
from local.stack.detached_console import ConsoleError, DetachedConsole
from local.stack.detached_engine import PORTS, DetachedEngine, Say
from local.stack.embedded_aws import ROOT, free_port

FOLDER = ROOT / ".local"
Found = Literal["keep", "replace", "refuse"]
"""What to do with one that is up already."""


class StackRefusedError(Exception):
    """What was asked for can't be, so nothing was done; the message says why and what to do."""


class Stack:
    """One embedded AWS and the product on it; `folder` holds its logs, its pid and its environment."""

    def __init__(self, folder: Path = FOLDER, say: Say = print) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = folder / "env"
        self._deploy_log = folder / "deploy.log"
        self._lock = folder / "stack.lock"
        self._engine = DetachedEngine(folder, say)
        self._console = DetachedConsole(folder, say)
        self._say = say

    def standing(self) -> str | None:
        """What is up here already, in words; None if nothing is."""
        url, console = self._engine.url, self.console
        if url is None:
            return None
        return described(url, self._engine.since) + (f"\n  its console: {console}" if console else "")

    def up(
        self, port: int | None = None, *, found: Found = "keep", params: Mapping[str, int | str] | None = None
    ) -> Deployment:
        """Start it and deploy, or only deploy if it is up and kept; replacing it begins with an empty one.

        `params` take the place of settings in mail/stages.yml. Raises EngineError, DeploymentError or StackRefusedError.
        """
        with self._alone():
            if found == "replace" and self._engine.url is not None:
                self._stop()
                self._say("stopped the embedded AWS that was running, to begin with an empty one")
            url = self._engine.url
            if url is None:
                self._console.stop()
                url = self._engine.start(port)
            else:
                self._check_kept(url, port, found)
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

    @property
    def console(self) -> str | None:
        """The address of the console's first page, with its token; None if the console does not run."""
        return self._console.address

    def start_console(self) -> str:
        """Start the console, in the place of one that runs; its address. Raises ConsoleError."""
        with self._alone():
            url = self._engine.url
            if url is None:
                raise ConsoleError("no embedded AWS is up here that a console could look at")
            return self._console.start(url)

    def down(self) -> bool:
        """Stop it, and its console, if they run; whether one of them did."""
        with self._alone():
            self.environment.unlink(missing_ok=True)
            return self._stop()

    def _stop(self) -> bool:
        console_ran, engine_ran = self._console.stop(), self._engine.stop()
        return console_ran or engine_ran

    def _check_kept(self, url: str, port: int | None, found: Found) -> None:
        if found == "refuse":
            raise StackRefusedError(self.standing())
        if port is not None and port != urlsplit(url).port:
            raise StackRefusedError(
                f"the embedded AWS is up already on {url}, not on port {port}. Nothing was done:\n"
                f"  make up                            keep it there\n"
                f"  make down && make up PORT={port:<6}   begin anew with an empty one; its data is gone"
            )

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process switches it on or off meanwhile."""
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


def port_of(text: str) -> int | None:
    """The port that somebody has named; None for "". Raises StackRefusedError."""
    if not text:
        return None
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) not in PORTS:
        raise StackRefusedError(f"PORT={text} is no port: a whole number from {PORTS[0]} to {PORTS[-1]}")
    return int(text)
