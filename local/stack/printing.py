"""Lines on the screen, for a command that goes on when nobody reads them any more."""

import os
import sys


def say(text: str) -> None:
    """Print a line now; nothing, and no error, once its reader has gone (`make up | head -1`)."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
