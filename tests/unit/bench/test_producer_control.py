"""The stand-in's control table does what the product's own UpdateItem requests say."""

from typing import Any

from bench.producer.control import Control
from shared.aws.dynamodb_wire import from_wire, update_item
from shared.store import Item, Term, Write

KEY = {"name": "run#2026-10"}


def written(control: Control, write: Write) -> Item | None:
    changed = control.update(update_item(write))
    return None if changed is None else from_wire(changed)


def request(name: str) -> dict[str, Any]:
    return {"Key": {"name": {"S": name}}}


def test_it_sets_adds_and_removes() -> None:
    control = Control()
    assert written(control, Write(KEY, sets={"state": "RUNNING", "row": 7})) == {**KEY, "state": "RUNNING", "row": 7}
    changed = written(control, Write(KEY, sets={"row": 8}, adds={"fence": 1, "row2": 5}, removes=("state",)))
    assert changed == {**KEY, "row": 8, "fence": 1, "row2": 5}
    assert written(control, Write(KEY, adds={"fence": 2})) == {**KEY, "row": 8, "fence": 3, "row2": 5}


def test_only_the_first_finds_an_attribute_absent() -> None:
    control = Control()
    first = Write(KEY, ((Term("fence", "absent"),),), {"fence": 1})
    assert written(control, first) == {**KEY, "fence": 1}
    assert written(control, first) is None
    assert written(control, Write(KEY, ((Term("fence", "exists"),),), {"row": 1})) == {**KEY, "fence": 1, "row": 1}


def test_items_are_apart() -> None:
    control = Control()
    written(control, Write(KEY, sets={"row": 1}))
    assert control.get(request("campaign")) is None
    assert control.get(request("run#2026-10")) == {"name": {"S": "run#2026-10"}, "row": {"N": "1"}}
