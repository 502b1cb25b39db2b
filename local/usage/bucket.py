"""Usage events in the bucket behind the Athena table that the mail's query reads (events.ddl.sql in its folder).

The format is JSON lines, gzipped, one folder a month where the table is partitioned so: the one text format that carries
any user_id (quotes, commas, line breaks, emoji) without loss through Athena's Hive JSON SerDe and through DuckDB alike.
Everything outside ASCII is escaped, so that no reader's idea of a line break or an encoding matters.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from local.stack.stage_settings import mail_files
from local.usage.csv_file import UsageEvent
from shared.rendering.mail_kind import MailFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LOCATION = re.compile(r"LOCATION 's3://[^/']+/(?P<key>[^']+/)'")
_TEMPLATE = re.compile(r"'storage\.location\.template' = 's3://[^/']+/(?P<key>[^']+/)'")
_MONTH = "${month}"
_EVENTS_IN_A_PART = 100_000


class EventsTableError(ValueError):
    """The table that the query reads can't be found; the message names its file."""


def load(s3: "S3Client", bucket: str, events: Iterable[UsageEvent]) -> int:
    """Replace the table's data by these events; return how many they were.

    The events are all consumed, to files in a temporary directory, before the first byte is uploaded: when they
    end in an error, the table still holds what it held before. Memory stays flat. Raises EventsTableError, and
    what `events` raises.
    """
    files = mail_files()
    place, template = prefix(files), folders(files)
    with TemporaryDirectory(prefix="onlyonce-usage-") as directory:
        count, parts = _write_parts(Path(directory), iter(events), template)
        for key, part in parts.items():
            s3.upload_file(str(part), bucket, key)
        _delete_others(s3, bucket, place, set(parts))
    return count


def prefix(files: MailFiles) -> str:
    """Under which the table's data lies in the bucket. Raises EventsTableError."""
    found = _LOCATION.search(files.read(files.table))
    if not found:
        raise EventsTableError(f"{files.table}: wanted is LOCATION 's3://amzn-s3-demo-bucket/…/'")
    return found["key"]


def folders(files: MailFiles) -> str:
    """Where in the bucket a month's events lie, with `${month}` for the month; one place for all of an unpartitioned table.

    Raises EventsTableError.
    """
    found = _TEMPLATE.search(files.read(files.table))
    return found["key"] if found else prefix(files)


def _write_parts(directory: Path, events: Iterator[UsageEvent], template: str) -> tuple[int, dict[str, Path]]:
    """The number of events, and the files that hold them, by key."""
    count = 0
    parts: dict[str, Path] = {}
    while batch := list(islice(events, _EVENTS_IN_A_PART)):
        for folder, lines in _by_folder(batch, template).items():
            key = f"{folder}part-{len(parts):05}.jsonl.gz"
            parts[key] = directory / f"{len(parts)}.gz"
            with gzip.open(parts[key], "wt", compresslevel=1, encoding="ascii", newline="\n") as file:
                file.writelines(lines)
        count += len(batch)
    return count, parts


def _by_folder(events: Iterable[UsageEvent], template: str) -> dict[str, list[str]]:
    """Lines by folder: an event's is that of its month in UTC."""
    lines: dict[str, list[str]] = defaultdict(list)
    for event in events:
        lines[template.replace(_MONTH, f"{event.used_at:%Y-%m}")].append(json_line(event))
    return lines


def json_line(event: UsageEvent) -> str:
    """Return the event as the table's SerDe reads it: a line whose `used_at` is UTC, cut to milliseconds.

    Cut, not rounded: an event in a month's last half millisecond stays in its month.
    """
    used_at = event.used_at.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
    text = json.dumps({"user_id": event.user_id, "email": event.email, "device_id": event.device_id})
    return f'{text[:-1]}, "used_at": "{used_at}", "minutes": {event.minutes}}}\n'


def _delete_others(s3: "S3Client", bucket: str, place: str, keep: set[str]) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=place):
        for item in page.get("Contents", []):
            if item["Key"] not in keep:
                s3.delete_object(Bucket=bucket, Key=item["Key"])
