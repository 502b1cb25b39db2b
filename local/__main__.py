"""Run one of the commands: python -m local demo | stack …

It ends without a traceback at Ctrl-C, from its first moment on: what takes long to import is imported in here.
"""

import importlib
import sys

_COMMANDS = ("demo", "stack")


def main() -> int:
    """Run the command that the first word names; its exit status."""
    name = next(iter(sys.argv[1:]), "")
    if name not in _COMMANDS:
        print(f"which command? {' or '.join(_COMMANDS)}", file=sys.stderr)
        return 2
    del sys.argv[1]
    try:
        return int(importlib.import_module(f"local.{name}").main())
    except KeyboardInterrupt:
        print("\ninterrupted; `make down` stops what was started", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
