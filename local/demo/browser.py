"""Whether pages are opened in a browser unasked."""

import os
import sys
import webbrowser
from collections.abc import Mapping


def show(address: str, asked: bool | None) -> None:
    """Open the page if that is asked for, or if somebody sits before it."""
    if asked or (asked is None and sits_here(os.environ, sys.stdout.isatty())):
        webbrowser.open(address)


def sits_here(environment: Mapping[str, str], on_terminal: bool) -> bool:
    """Whether somebody sees a window that opens: a terminal with a display, on this machine, outside CI."""
    if not on_terminal or environment.get("CI"):
        return False
    if sys.platform == "darwin":
        return not environment.get("SSH_CONNECTION")
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
