"""The command line of the embedded AWS and of all that runs on it: python -m local COMMAND …

It ends without a traceback at Ctrl-C, from its first moment on: what takes long to import is imported in here.
"""

import importlib
import sys

COMMANDS = {
    "stack": ("local.stack.command", "start the embedded AWS with the product on it, or stop it"),
    "demo": ("local.demo.command", "act out a month in which the producer is killed"),
    "preview": ("local.preview.command", "show the mail of your own rows, without deploying"),
    "rehearse": ("local.rehearse.command", "stage a bad first of the month, for you to decide"),
    "faults": ("local.faults.command", "order faults on the stack that is up, or show what is ordered"),
    "inbox": ("local.inbox", "list the mails in the inbox of the stack that is up"),
    "invoke": ("local.invoke", "run a handler of this checkout, against the stack that is up"),
    "chaos": ("local.chaos.command", "send a month while processes die and answers are lost, on a stack of its own"),
    "screenshots": ("local.screenshots.command", "take the README's pictures, of a month on a stack of its own"),
    "sample": ("local.usage.sample", "write an invented usage file"),
}
"""From its name to the module whose `main` it is, and what it does."""
_HELP = "\n".join(
    [
        "usage: python -m local COMMAND [OPTION …]",
        "",
        *(f"  {name:<13}{does}" for name, (_, does) in COMMANDS.items()),
        "",
        "`python -m local COMMAND --help` has the options of each.",
    ]
)


def main() -> int:
    """Run the command that the first word names; its exit status. 2 if there is no such command."""
    name = next(iter(sys.argv[1:]), "")
    if name in ("-h", "--help"):
        print(_HELP)
        return 0
    if name not in COMMANDS:
        print(f"there is no command {name}\n{_HELP}" if name else _HELP, file=sys.stderr)
        return 2
    del sys.argv[1]
    try:
        return int(importlib.import_module(COMMANDS[name][0]).main())
    except KeyboardInterrupt:
        print("\ninterrupted; `make down` stops what was started", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
