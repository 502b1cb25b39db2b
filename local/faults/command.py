"""Orders faults, and shows what is ordered.

    python -m local faults [COMMAND …]

Exit status 1 if the embedded AWS refuses or does not answer, 2 if the command is malformed or no stack is up.
"""

import sys
import urllib.error

from botocore.exceptions import BotoCoreError, ClientError

from local import faults
from local.faults.parser import parser
from local.stack.detached_engine import DetachedEngine
from local.stack.stack import FOLDER


def main() -> int:
    """Order from the command line."""
    given = parser().parse_args(sys.argv[1:] or ["show"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    url = DetachedEngine(FOLDER, print).url
    if url is None:
        print("no embedded AWS is up here: `make up` or `make demo` starts one", file=sys.stderr)
        return 2
    try:
        print("\n".join(faults.run(given, url)))
    except urllib.error.HTTPError as error:
        print(f"the embedded AWS refuses: {error.read().decode()}", file=sys.stderr)
        return 1
    except (OSError, BotoCoreError, ClientError) as error:
        print(f"the embedded AWS on {url} does not answer: {error}; its log: .local/engine.log", file=sys.stderr)
        return 1
    return 0
