"""The command `onlyonce`. `onlyonce --help` tells what there is."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, MissingArgumentError, Parameter, UnusedCliTokensError
from rich.console import Console

from ops.aws import asking
from ops.commands import (
    completion,
    console,
    decisions,
    examine,
    looks,
    mails,
    months,
    preflight,
    privacy,
    report,
    subscriptions,
    switches,
    tables,
)
from ops.commands.order import Order, Unstaged
from ops.errors import RefusedError, UnavailableError, UnclearError
from ops.session import open_session
from shared.errors import OnlyonceError

ROOMS = (
    looks,
    mails,
    report,
    console,
    decisions,
    switches,
    months,
    preflight,
    subscriptions,
    tables,
    privacy,
    examine,
    completion,
)
"""The commands, in the order of the help."""
DONE, REFUSED, NOT_BEGUN, INTERRUPTED = 0, 1, 2, 130
WIDTH_OF_FILES = 160
_ABOUT = "What a person does with a deployed stage. docs/runbook.md says which command answers which alarm."
_MORE = """\
examples:
  onlyonce status --stage prod
  onlyonce held --period 2026-10 --stage prod
  onlyonce redrive ann 2026-10 --reason "the template is mended" --stage prod
  onlyonce redrive --all --period 2026-10 --error "verified" --reason "verified now" --stage prod
  onlyonce pause --reason "wrong text" --stage prod
  onlyonce produce 2026-10 --stage prod
  onlyonce doctor --stage prod

`onlyonce COMMAND --help` has more. The environment variable ONLYONCE_STAGE stands in for --stage.
Region and credentials are found as the AWS CLI finds them (AWS_PROFILE, AWS_DEFAULT_REGION).
On the embedded AWS, after `make up`: `. .local/env`, which names the stage as well.
Exit status: 0 done; 1 refused, or not everything was done; 2 not begun: words that can't be understood, or no credentials,
region, network, stage or period of that name."""


def grammar() -> App:
    """Every command. Help has colours and boxes on a terminal only."""
    app = App(
        name="onlyonce",
        help=_ABOUT,
        help_epilogue=_MORE,
        console=_console(),
        help_format="plaintext",
        help_formatter="default" if sys.stdout.isatty() else "plain",
        version_flags=[],
        default_parameter=Parameter(negative=(), show_default=False),
    )
    for room in ROOMS:
        room.add_to(app)
    return app


def parse(words: Sequence[str]) -> Order | Unstaged | None:
    """The order; None: help was asked for, and shown. Raises UnclearError."""
    if not words:
        raise UnclearError("name a COMMAND: `onlyonce --help` lists them")
    try:
        order: Order | Unstaged | None = grammar()(
            words, exit_on_error=False, print_error=False, help_on_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        raise UnclearError(_said(error)) from error
    return order


def _said(error: CycloptsError) -> str:
    """What is wrong, and where to read what would be right."""
    if isinstance(error, MissingArgumentError) and error.argument and error.argument.name == "--stage":
        return "which stage? Name it with --stage, as in `--stage prod`, or once for all commands with ONLYONCE_STAGE"
    command = " ".join(("onlyonce", *(error.command_chain or ())))
    if isinstance(error, UnusedCliTokensError):
        return f"{' '.join(error.unused_tokens or ())}: more than `{command}` takes (`{command} --help`)"
    return f"{error} (`{command} --help`)"


def main(arguments: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    try:
        status = _carry_out(parse(words))
        sys.stdout.flush()
        return status
    except (UnclearError, UnavailableError) as unclear:
        print(f"onlyonce: {unclear}", file=sys.stderr)
        return NOT_BEGUN
    except BrokenPipeError:  # `… | head` has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (RefusedError, OnlyonceError, OSError) as refused:
        print(refused, file=sys.stderr)
    except KeyboardInterrupt:
        print("\ninterrupted: what was begun is done, the rest is not. The same command does the rest", file=sys.stderr)
        return INTERRUPTED
    return REFUSED


def _carry_out(order: Order | Unstaged | None) -> int:
    if order is None:
        return DONE
    if isinstance(order, Unstaged):
        return order.carry_out(_console())
    with asking():
        return order.carry_out(open_session(order.stage, _console()))


def _console() -> Console:
    width = None if sys.stdout.isatty() else WIDTH_OF_FILES
    return Console(markup=False, highlight=False, emoji=False, width=width)


if __name__ == "__main__":
    sys.exit(main())
