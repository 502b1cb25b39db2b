"""The story this product exists for: a month's mails, the producer killed in the middle, and nobody gets two or none.

    python -m local demo [--users 100] [--crash-at 55] [--usage my.csv] [--period 2026-10] [--port N] [--fresh 1] [--open 0]

The console runs meanwhile and afterwards, so that the month can be watched.

Exit status 0 only if every user has exactly one mail, counted in the SES inbox; 1 if not; 2 if nothing was done, for unusable
input or because of a stack that is up already.
"""

import json
import signal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.demo import browser, next_steps
from local.demo.lock import BusyError, only_process
from local.demo.options import Options, read_options
from local.demo.outcome import show
from local.demo.story import run
from local.month.month import MonthError, ProducerError, StoppedError
from local.stack import engine_pages
from local.stack.deployment import DeploymentError
from local.stack.detached_console import ConsoleError
from local.stack.detached_engine import EngineError
from local.stack.stack import FOLDER, Stack, StackRefusedError
from local.usage.choice import UsageChoiceError, choose


def main() -> int:
    """Run the demo from the command line."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # so that what is staged is called off
        signal.signal(number, _end)
    errors = Console(stderr=True, highlight=False, markup=False)
    options = Options()
    try:
        options = read_options((__doc__ or "").splitlines()[0])
        with only_process(FOLDER / "demo.lock"):
            return _demo(options, Console(highlight=False))
    except BusyError as error:
        errors.print(
            f"another `make demo` is at work here, process {error.pid}: wait for its end, or stop it with Ctrl-C",
            soft_wrap=True,
        )
        return 2
    except (UsageChoiceError, StackRefusedError) as error:
        errors.print(error, soft_wrap=True)
        return 2
    except (StoppedError, ProducerError) as error:
        for line in next_steps.about(error, options.anew):
            errors.print(line, style="red" if line.startswith("✗") else "", soft_wrap=True)
        return 1
    except (EngineError, DeploymentError, MonthError) as error:
        errors.print(error, soft_wrap=True)
        return 1
    except (BotoCoreError, ClientError, OSError) as error:
        errors.print(
            f"the embedded AWS did not answer as expected: {error}\nits log: .local/engine.log", soft_wrap=True
        )
        return 1
    except KeyboardInterrupt:
        said = f"\ninterrupted; the embedded AWS stays as it is: `make down` stops it, `{options.anew}` begins anew"
        errors.print(said, soft_wrap=True)
        return 130


def _demo(options: Options, console: Console) -> int:
    stack = Stack(say=lambda text: console.print(f"• {text}", markup=False, soft_wrap=True))
    if not options.fresh and (standing := stack.standing()):
        width = len(options.anew)
        raise StackRefusedError(
            f"{standing}\n"
            "A demo begins with an empty one. Nothing was touched; what next?\n"
            f"  {options.anew}   throw that one away with its data, and run the demo\n"
            f"  {'make down':{width}}   only stop it; its data is gone\n"
            f"  {'source .local/env':{width}}   look around in it, with the AWS CLI or `.venv/bin/onlyonce console`"
        )
    choice = choose(options.usage, options.period, options.users, FOLDER / "usage.csv")
    figures = FOLDER / "demo.json"
    figures.unlink(missing_ok=True)
    with console.status("starting the embedded AWS and deploying serverless.yml"):
        deployment = stack.up(options.port, found="replace" if options.fresh else "refuse")
    if options.ses_rate:
        engine_pages.set_ses_rate(deployment.url, options.ses_rate)
    _open_console(stack, options, console)
    outcome = run(deployment, choice, options.crash_at, console)
    figures.write_text(json.dumps(outcome.figures, indent=2) + "\n")
    show(outcome, deployment, stack, figures, console)
    return 0 if outcome.audit.exactly_once else 1


def _open_console(stack: Stack, options: Options, console: Console) -> None:
    """A month does not need it: a console that does not start is no failure."""
    try:
        address = stack.start_console()
    except ConsoleError as error:
        console.print(f"! {error}", style="yellow", markup=False, soft_wrap=True)
        return
    console.print(f"• watch the month in the console: {address}", markup=False, soft_wrap=True)
    browser.show(address, options.opens)


def _end(*_: Any) -> None:
    raise KeyboardInterrupt
