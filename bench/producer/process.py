"""One measurement in a process that does nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from bench.errors import MeasurementError
from local.stack.embedded_aws import ROOT

ENVIRONMENT = {
    "OUTBOX_TABLE": "outbox",
    "CONTROL_TABLE": "control",
    "UNSUBSCRIBED_TABLE": "unsubscribed",
    "USAGE_BUCKET": "usage",
    "ATHENA_DATABASE": "usage",
    "ATHENA_WORK_GROUP": "usage",
    "MAIL_KIND": "usage",
    "STACK": "onlyonce",
    "TIME_ZONE": "UTC",
    "UNSUBSCRIBE": "none",
    "UNSUBSCRIBE_SECRET": "",
    "CONTACT_LIST": "",
    "CONTACT_TOPIC": "",
    "SENDER": "usage@example.com",
    "REPLY_TO": "",
    "PRODUCER_FUNCTION": "producer",
    "WRITERS": "8",
    "MAX_REJECTED": "0.05",
    "MAX_CHANGE": "0.5",
    "HEADROOM": "0.1",
    "STRANDED_AFTER_S": "3600",
    "RETENTION_DAYS": "180",
    "POWERTOOLS_METRICS_NAMESPACE": "onlyonce",
    "POWERTOOLS_LOG_LEVEL": "WARNING",
    # A call that the stand-in does not answer must reach nobody.
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
}
"""The function's, as in serverless.yml."""
_NOT_INHERITED = ("AWS_PROFILE", "AWS_SESSION_TOKEN")


def measure(way: str, rows: int, on_rows: Callable[[int], None]) -> dict[str, Any]:
    """The figures of one way; `on_rows` is told how many rows were read, over all passes. Raises MeasurementError."""
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    command = [sys.executable, "-m", "bench.producer.run", way, str(rows)]
    figures: dict[str, Any] = {}
    with subprocess.Popen(
        command, cwd=ROOT, env={**inherited, **ENVIRONMENT}, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            for line in child.stdout or ():
                word, _, rest = line.partition(" ")
                if word == "rows":
                    on_rows(int(rest))
                elif word == "figures":
                    figures = json.loads(rest)
        except BaseException:
            child.terminate()
            raise
    if child.returncode or not figures:
        raise MeasurementError(f"{way} with {rows:,} rows ended with status {child.returncode}")
    return figures
