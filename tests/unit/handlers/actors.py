"""Shortcuts of the handler tests: a world with one message where the test wants it."""

from typing import Any

from shared.aws.dynamodb_wire import to_wire
from shared.keys import Key
from shared.outbox.states import Status
from shared.pacing.control_item import KEY as CAMPAIGN
from shared.store import Item
from shared.times import to_text
from simulation.stack import MAIL_TEMPLATE, PERIOD, TEMPLATE
from simulation.world import World
from tests.contract.protocol import item_in

KEY = Key("ann", PERIOD)
DATA = {"month": "October", "total_time": "1 h"}


def put(world: World, present: Status = Status.PENDING, key: Key = KEY, **changes: Any) -> Item:
    """A message of which all is well; None in `changes` takes an attribute away."""
    base = {"email": f"{key.user_id}@example.com", "template": TEMPLATE, "data": DATA, "ticket": 0}
    times = {"send_at": to_text(world.now), "history": {"produce": to_text(world.now)}}
    item = {**item_in(present, key), **base, **times, "lease_expires_at": "2026-11-01T12:00:00.000Z", **changes}
    item = {name: value for name, value in item.items() if value is not None}
    world.outbox_table.put(item)
    world.ses_client.templates.setdefault(TEMPLATE, MAIL_TEMPLATE.parts)
    return item


def item(world: World, key: Key = KEY) -> Item:
    found = world.outbox_table.get(key._asdict())
    assert found is not None
    return found


def status(world: World, key: Key = KEY) -> str:
    return str(item(world, key)["status"])


def order(world: World, *keys: Key, fence: int = 3, action: str = "send", **changes: Any) -> dict[str, Any]:
    """What the claims of these messages, as they are stored, make of an order."""
    claims = [{**key._asdict(), "fence": fence, "ticket": ticket_of(world, key)} for key in keys or (KEY,)]
    return {"action": action, "send_at": to_text(world.now), "claims": claims, **changes}


def ticket_of(world: World, key: Key) -> int:
    found = world.outbox_table.get(key._asdict())
    ticket = found.get("ticket", 0) if found else 0
    return ticket if isinstance(ticket, int) else 0


def record(world: World, image: Item, number: int = 1) -> dict[str, Any]:
    """The stream record that shows the item."""
    change = {
        "SequenceNumber": f"{number:021d}",
        "ApproximateCreationDateTime": world.now.timestamp(),
        "NewImage": to_wire(image),
    }
    return {"eventID": str(number), "eventName": "MODIFY", "dynamodb": change}


def control_item(world: World) -> Item:
    """The campaign's."""
    found = world.control_table.get(CAMPAIGN)
    assert found is not None
    return found
