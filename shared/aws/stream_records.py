"""The records of the outbox's stream, as claim is given them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.aws.dynamodb_wire import from_wire
from shared.errors import NewerFormatError
from shared.outbox import formats
from shared.outbox.message import asks_for_nothing
from shared.outbox.states import Status
from shared.store import Item
from shared.telemetry import Telemetry


@dataclass(frozen=True)
class StreamRecord:
    """One PENDING message as the stream shows it. `sequence_number` names this change for ever: redelivered, it is
    the same.
    """

    sequence_number: str
    created_at: datetime
    item: Item


def pending(event: dict[str, Any], telemetry: Telemetry) -> list[StreamRecord]:
    """Those that show a PENDING message of a format that this release reads. What can't be read is refused, and left out."""
    return [record for record in _shown(event, telemetry) if _is_known(record, telemetry)]


def _is_known(record: StreamRecord, telemetry: Telemetry) -> bool:
    try:
        formats.check(record.item)
    except NewerFormatError as error:
        telemetry.refuse("newer_format", error, sequence_number=record.sequence_number)
        return False
    return True


def _shown(event: dict[str, Any], telemetry: Telemetry) -> Iterator[StreamRecord]:
    """The records that show a PENDING message. The mapping's filter lets only those through; a test event may hold
    anything.
    """
    for record in event.get("Records") or ():
        try:
            change = record["dynamodb"]
            item = from_wire(change["NewImage"])
            if item.get("status") == Status.PENDING and not asks_for_nothing(item):
                created_at = datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC)
                yield StreamRecord(change["SequenceNumber"], created_at, item)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, OSError) as error:
            telemetry.refuse("record_refused", error, record=str(record)[:80])  # its ids, not yet its data
