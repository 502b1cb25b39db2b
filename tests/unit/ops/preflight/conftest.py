"""A stage whose producer is deployed with all its settings, in a world on the fakes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.doctor import version
from ops.preflight import mails
from simulation.world import World
from tests.unit.ops.doctor.answers import Answers, environment, function
from tests.unit.ops.office import Office

SETTINGS = {
    **environment(), "OUTBOX_TABLE": "outbox", "CONTROL_TABLE": "control", "UNSUBSCRIBED_TABLE": "unsubscribed",
    "USAGE_BUCKET": "usage", "ATHENA_DATABASE": "onlyonce_test", "ATHENA_WORK_GROUP": "onlyonce-test",
    "STACK": "onlyonce-test", "TIME_ZONE": "Europe/Berlin", "UNSUBSCRIBE_SECRET": "arn", "CONTACT_LIST": "",
    "CONTACT_TOPIC": "", "SENDER": "Usage <usage@mail.example.com>", "REPLY_TO": "", "PRODUCER_FUNCTION": "producer",
    "WRITERS": "1", "MAX_REJECTED": "0.05", "MAX_CHANGE": "0.5", "HEADROOM": "0.1", "STRANDED_AFTER_S": "600",
    "RETENTION_DAYS": "430",
}  # fmt: skip


def on_list(*addresses: str, reason: str = "BOUNCE") -> dict[str, Any]:
    since = datetime(2026, 10, 1, tzinfo=UTC)
    listed = [{"EmailAddress": address, "Reason": reason, "LastUpdateTime": since} for address in addresses]
    return {"SuppressedDestinationSummaries": listed}


@pytest.fixture
def world(world: World) -> World:
    """Enough users for one bad row to be no reason to stop; five pages."""
    world.rows.extend(row for row in World(40).rows[3:])
    world.athena.page_rows = 10
    return world


@pytest.fixture
def aws(office: Office) -> Answers:
    office.aws.answer("lambda", "get_function_configuration", function(Environment={"Variables": SETTINGS}))
    office.aws.answer("sesv2", "list_suppressed_destinations", on_list())
    return office.aws


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the sample mails are laid, and this checkout's zip."""
    package = tmp_path / "onlyonce.zip"
    package.write_bytes(b"the zip")
    monkeypatch.setattr(version, "ZIP", package)
    monkeypatch.setattr(mails, "mkdtemp", lambda prefix: str(tmp_path))  # noqa: ARG005
    return tmp_path
