"""A console as a person starts it: a process of its own, whose first line is its address."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from local.stack.embedded_aws import ROOT, free_port
from local.stack.isolation import isolated
from local.stack.stage_settings import STAGE

ENDS_WITHIN_S = 3.0


@dataclass(frozen=True)
class Running:
    process: "subprocess.Popen[str]"
    address: str
    """With its token."""

    @property
    def origin(self) -> str:
        return f"http://{urlsplit(self.address).netloc}"

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C: its exit status, and all that it still printed."""
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=ENDS_WITHIN_S)
        return self.process.returncode, said


def start(url: str, *options: str) -> Running:
    """For the stack at that embedded AWS."""
    port = [] if "--port" in options else ["--port", str(free_port())]
    process = subprocess.Popen(
        [sys.executable, "-m", "ops.main", "console", "--stage", STAGE, "--no-open", *port, *options],
        cwd=ROOT,
        env=isolated(os.environ, url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), address + process.stdout.read()
    return Running(process, address)
