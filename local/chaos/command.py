"""Everything breaks, again and again, and nobody gets two mails or none without a reason.

    python -m local chaos [--messages 1000] [--seed 1] [--json FILE]

In a stack of its own, on a free port: its Lambda processes are killed at random, answers of SES get lost after it
accepted, SES throttles, stream batches come twice, and the sweeper runs. Exit status 0 only if nobody has two mails,
nobody is lost, and no message is held although SES told that its mail was accepted; 1 if not.
"""

import argparse
import json
import signal
import tempfile
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.chaos import outcome
from local.chaos.run import run
from local.month.month import MonthError
from local.stack.deployment import DeploymentError
from local.stack.detached_engine import EngineError
from local.stack.parameters import FASTER
from local.stack.stack import passing_stack
from local.usage.choice import UsageChoiceError, choose

MESSAGES = 1000
SEED = 1


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m local chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=MESSAGES, help="how many users the invented usage data has")
    parser.add_argument("--seed", type=int, default=SEED, help="of the random faults")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    arguments = parser.parse_args()
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False, markup=False)
    signal.signal(signal.SIGTERM, _end)  # so that what was started is stopped
    try:
        with tempfile.TemporaryDirectory(prefix="onlyonce-chaos-") as scratch:
            folder = Path(scratch)
            choice = choose("", "", arguments.messages, folder / "usage.csv")
            shorter = ", ".join(f"{name} {seconds}" for name, seconds in FASTER.items())
            console.print(f"• time passes faster here than in an account: {shorter}", soft_wrap=True)
            with passing_stack(folder, lambda text: console.print(f"• {text}", soft_wrap=True), FASTER) as deployment:
                result = run(deployment, choice, arguments.seed, console)
    except UsageChoiceError as error:
        errors.print(error, soft_wrap=True)
        return 2
    except (EngineError, DeploymentError, MonthError, BotoCoreError, ClientError, OSError) as error:
        errors.print(error, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        errors.print("\ninterrupted; what was started is stopped")
        return 130
    outcome.show(result, console)
    if arguments.json:
        arguments.json.write_text(json.dumps(result.figures, indent=2) + "\n")
    return 0 if result.holds else 1


def _end(*_: Any) -> None:
    raise KeyboardInterrupt
