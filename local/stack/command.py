"""Switches the embedded AWS with the product on it on and off.

    python -m local stack up [--port N] [--fresh]
    python -m local stack down

`up` leaves it running and writes .local/env, to be sourced by a shell. `down` stops what `up` started. Exit status 1 if that
failed, 2 if nothing was done because the order makes no sense.
"""

import argparse
import sys

from local.stack.deployment import DeploymentError
from local.stack.detached_engine import PORT, EngineError, shown
from local.stack.printing import say
from local.stack.stack import Stack, StackRefusedError, port_of


def main() -> int:
    """Switch on or off from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local stack", description="Start or stop the embedded AWS with the product on it."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start it and deploy; it stays up")
    up.add_argument("--port", default="", help=f"default: {PORT}, or another if that is in use")
    up.add_argument("--fresh", action="store_true", help="begin with an empty one")
    commands.add_parser("down", help="stop what `up` started")
    arguments = parser.parse_args()
    stack = Stack(say=say)
    try:
        if arguments.command == "down":
            say("stopped" if stack.down() else "nothing was running")
            return 0
        deployment = stack.up(port_of(arguments.port), found="replace" if arguments.fresh else "keep")
    except StackRefusedError as error:
        print(error, file=sys.stderr)
        return 2
    except (EngineError, DeploymentError) as error:
        print(error, file=sys.stderr)
        return 1
    say(f"for your shell and the AWS CLI: source {shown(stack.environment)}")
    say("the console, in the browser: .venv/bin/onlyonce console")
    say(f"mails: {deployment.url}/_onlyonce/mail    stop: make down")
    return 0
