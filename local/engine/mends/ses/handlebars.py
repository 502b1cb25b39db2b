"""Handlebars, rendered by its reference implementation in one long-lived Node process.

SES's templates are Handlebars (source: SES developer guide, "Advanced email personalization"). The npm
package `handlebars` is the language's reference and well kept; the Python ports are neither, and a template
that renders here and fails on AWS would be found out by users. One process answers a JSON line
in some 150 microseconds; starting one for each message would cost 90 milliseconds.
"""

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

from local.engine.mending import MendTargetMissingError

_SCRIPT = Path(__file__).with_name("handlebars.cjs")


class RenderingError(Exception):
    """The template cannot be rendered with this data; the message is SES's. `line` is 0 where Handlebars names none."""

    def __init__(self, message: str, part: str, line: int) -> None:
        super().__init__(message)
        self.part = part
        self.line = line


class RendererDiedError(Exception):
    """The Node process ended twice in a row without an answer."""


class Renderer:
    """The Node process: started when first needed and whenever it died; the end of its stdin ends it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._node: subprocess.Popen[str] | None = None

    def render(self, parts: dict[str, str], data: dict[str, Any]) -> dict[str, str]:
        """Each part rendered with the data. Raises RenderingError."""
        answer = self._ask({"parts": parts, "data": data})
        rendered: dict[str, str] = answer["parts"]
        return rendered

    def validate(self, parts: dict[str, str]) -> None:
        """Raise RenderingError if a part is not Handlebars, or uses a partial that it does not define."""
        self._ask({"parts": parts})

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            answer = self._exchange(question)
            if answer is None:
                answer = self._exchange(question)
        if answer is None:
            raise RendererDiedError("The Handlebars process ended without an answer. Does `node --version` work?")
        if "missing" in answer:
            message = f"Attribute '{answer['missing']}' is not present in the rendering data."
            raise RenderingError(message, answer["part"], answer["line"])
        if "error" in answer:
            raise RenderingError(answer["error"], answer["part"], answer["line"])
        return answer

    def _exchange(self, question: dict[str, Any]) -> dict[str, Any] | None:
        """One question and its answer, or None if the process is dead; the next call starts another."""
        if self._node is None or self._node.poll() is not None:
            self._node = subprocess.Popen(
                ["node", str(_SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        stdin, stdout = self._node.stdin, self._node.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(json.dumps(question) + "\n")
            stdin.flush()
            line = stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._node.wait()
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer


renderer = Renderer()


def mend() -> None:
    """Refuse to start where templates could not be rendered."""
    if shutil.which("node") is None:
        raise MendTargetMissingError("Node.js renders the embedded SES's templates: install Node.js 20.19 or newer.")
    if not any((directory / "node_modules/handlebars").is_dir() for directory in _SCRIPT.parents):
        raise MendTargetMissingError("The npm package handlebars renders the embedded SES's templates: run `npm ci`.")
