"""Takes the README's pictures anew, on a stack of its own; some four minutes.

    python -m local screenshots

Writes docs/console.png, docs/message.png and docs/mail.png. Exit status 1 if it failed, 2 where there is no Chromium.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.exceptions import BotoCoreError, ClientError
from playwright.sync_api import Error as PlaywrightError

from local.month.month import MonthError
from local.screenshots import chromium, month, pictures
from local.stack.deployment import DeploymentError
from local.stack.detached_console import ConsoleError
from local.stack.detached_engine import EngineError, Say, shown
from local.stack.embedded_aws import free_port
from local.stack.printing import say
from local.stack.stack import Stack
from shared.outbox.states import Status


def main() -> int:
    """Take them from the command line."""
    about = (__doc__ or "").splitlines()[0]
    argparse.ArgumentParser(prog="python -m local screenshots", description=about).parse_args()
    path = chromium.found()
    if path is None:
        print(chromium.MISSING, file=sys.stderr)
        return 2
    try:
        with TemporaryDirectory(prefix="onlyonce-screenshots-") as folder:
            _take(path, Stack(Path(folder), say), Path(folder), say)
    except (EngineError, DeploymentError, ConsoleError, MonthError, pictures.PictureError) as error:
        print(error, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError, OSError, PlaywrightError) as error:
        print(f"the embedded AWS or the browser did not answer as expected: {error}", file=sys.stderr)
        return 1
    return 0


def _take(path: str, stack: Stack, folder: Path, say: Say) -> None:
    try:
        deployment = stack.up(free_port())
        console = stack.start_console()
        say(f"{month.USERS} messages at {month.A_SECOND:g} a second: some minutes")
        user = min(month.under_way(deployment, folder).users(Status.DELIVERED))
        with chromium.started(path) as browser:
            say(f"• {shown(pictures.of_month(browser, console))}")
            say(f"• {shown(pictures.of_message(browser, console, user))}")
            say(f"• {shown(pictures.of_mail(browser, deployment.url, user))}")
    finally:
        stack.down()
