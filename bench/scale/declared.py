"""How long things take in the benchmark: declared, so that everybody who runs it has the same AWS. What a function needs of
them decides what its time costs.
"""

import json
from pathlib import Path

PRODUCED = json.loads((Path(__file__).parents[2] / "docs/bench/producer.json").read_text())["rows_per_second"]
"""Rows a second of both passes together, as `make bench-producer` has measured it."""
CALLS_MS = (("ses.SendEmail", 100.0), ("states.", 30.0), ("lambda.", 30.0), ("outbox.Scan", 100.0), ("", 8.0))
"""A call, by the beginning of its name, with what the function's own CPU takes for it: an answer of DynamoDB in 5 ms, and 3 ms of
Python at half a gigabyte. A page of a scan has a megabyte.
"""
BEGINS_MS = 2.0
"""What an invocation takes before and after its work."""
WAKES_MS = 100.0
"""From the time that a Wait is for to the invocation."""
SEND_EVENT_S, DELIVERY_EVENT_S = 1.0, 3.0
"""After SES has accepted a mail."""


def call_ms(operation: str) -> float:
    return next(ms for name, ms in CALLS_MS if operation.startswith(name))
