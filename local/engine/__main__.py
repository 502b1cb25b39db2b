"""Start the embedded AWS: `.local/engine/bin/python -m local.engine --port PORT [--data-dir DIR]`.

Ready when GET /_ministack/ready answers 200. Stops cleanly on SIGTERM and SIGINT.
"""

import argparse
import importlib
import shutil
import sys
import tempfile
from pathlib import Path

from local.engine.environment import set_environment
from local.engine.pin import MiniStackVersionError, check_version

# In the order in which they are applied.
MENDS = (
    "lambda_runtime",
    "lambda_updates",
    "lambda_metrics",
    "lambda_logs",
    "cloudwatch",
    "lambda_concurrency",
    "lambda_async",
    "stream_mappings",
    "partiql_streams",
    "json_paths",
    "step_functions",
    "cloudformation",
    "scheduler",
    "durability",
    "athena_results",
    "athena_tables",
    "athena_hive_json",
    "athena_projection",
    "athena_scans",
    "athena_tokens",
    "ses",
    "iam_simulation",
    "queue_names",
    "secrets_manager",
    "table_restores",
    "dynamodb_units",
    "vended_metrics",
)


def apply_mends() -> None:
    """Patch MiniStack, one noun at a time; the first mend that does not fit ends the start."""
    for name in MENDS:
        importlib.import_module(f"local.engine.mends.{name}").mend()


def main() -> int:
    """Check the release, decide the environment, mend, and serve until a signal."""
    parser = argparse.ArgumentParser(prog="python -m local.engine", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True, help="TCP port on 127.0.0.1")
    parser.add_argument(
        "--data-dir", type=Path, help="keep state here across restarts and crashes (default: memory only)"
    )
    parser.add_argument("--stock", action="store_true", help="leave MiniStack unmended, to see what the mends change")
    arguments = parser.parse_args()

    try:
        check_version()
    except MiniStackVersionError as error:
        print(error, file=sys.stderr)
        return 2

    data_dir = arguments.data_dir.resolve() if arguments.data_dir else None
    scratch = Path(tempfile.mkdtemp(prefix="embedded-aws-")).resolve()
    # MiniStack reads the environment when it is imported, so it is imported only after this.
    set_environment(arguments.port, scratch, data_dir)
    tempfile.tempdir = str(scratch)
    try:
        if not arguments.stock:
            apply_mends()
            importlib.import_module("local.engine.faults").install()
            importlib.import_module("local.engine.meter").install()
        from ministack.app import main as serve

        sys.argv = ["ministack"]
        serve()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
