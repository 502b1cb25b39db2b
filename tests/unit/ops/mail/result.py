"""A month that is produced in the simulation, and what AWS would answer about it."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ops.errors import UnreadableError
from simulation.world import World
from tests.unit.ops.doctor.answers import Answer
from tests.unit.ops.office import Office

NO_KEY = UnreadableError("get_object: NoSuchKey: The specified key does not exist.", "NoSuchKey")


def written(rows: Sequence[Mapping[str, str | None]]) -> bytes:
    """As Athena writes them."""
    lines: list[list[str | None]] = [list(rows[0]), *(list(row.values()) for row in rows)]
    return "".join(",".join("" if value is None else f'"{value}"' for value in line) + "\n" for line in lines).encode()


def store(office: Office, file: bytes | UnreadableError) -> None:
    """The result of the month's query lies in S3, or does not."""
    execution = {
        "Status": {"State": "SUCCEEDED"},
        "ResultConfiguration": {"OutputLocation": "s3://usage/athena/the-query.csv"},
    }

    def get_object(**given: Any) -> Answer:
        assert given == {"Bucket": "usage", "Key": "athena/the-query.csv"}
        return file if isinstance(file, UnreadableError) else {"Body": io.BytesIO(file)}

    office.aws.answer("athena", "get_query_execution", {"QueryExecution": execution})
    office.aws.answer("s3", "get_object", get_object)


def produced(office: Office, world: World) -> None:
    """The month is in the outbox, its result in S3, and SES renders each mail as what it was given."""
    world.produce()
    store(office, written(world.rows))
    office.aws.answer("sesv2", "test_render_email_template", rendered)


def rendered(TemplateName: str, TemplateData: str) -> Answer:
    """The text part holds the data."""
    mime = f"Subject: {TemplateName}\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{TemplateData}"
    return {"RenderedTemplate": mime}


def said(text: str) -> dict[str, Any]:
    """The data that a text part shows."""
    return dict(json.loads(text))
