"""docs/console.md: each search, read out of the page and carried out as DynamoDB's console does, finds what the page says; and
the page explains every attribute that a message can have.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import yaml
from boto3.dynamodb.conditions import Attr
from boto3.dynamodb.conditions import Key as Part
from moto import mock_aws

from shared.aws.dynamodb_wire import to_wire
from shared.keys import SHARDS, Key
from shared.outbox.states import Status
from shared.periods import Period
from shared.store import Item
from simulation.world import World
from tests.contract.backends import TABLES
from tests.contract.conftest import DUMMY
from tests.contract.protocol import item_in
from tests.drift.documents import ROOT

PAGE = (ROOT / "docs/console.md").read_text()
OCTOBER = "2026-10"
LATER = "2026-11-01T07:00:00.000Z"
TABLE_OF = {"OUTBOX_TABLE": "OutboxTable", "CONTROL_TABLE": "ControlTable", "UNSUBSCRIBED_TABLE": "UnsubscribedTable"}
OPERATORS: dict[str, Callable[[Any, str], Any]] = {
    "Begins with": lambda one, value: one.begins_with(value),
    "Equal to": lambda one, value: one.eq(value),
    "Less than": lambda one, value: one.lt(value),
    "Between": lambda one, value: one.between(*value.split(" and ")),
    "Not exists": lambda one, _: one.not_exists(),
}
"""As the console's form calls them (source: ddb-console)."""
LINE = re.compile(rf"(?:(?P<filter>Filter) )?(?P<name>\w+) (?P<operator>{'|'.join(OPERATORS)})(?: (?P<value>.+))?")


def searches() -> dict[str, list[str]]:
    """The searches of each heading of the page, by its number."""
    parts = re.split(r"^### (\d+)\. .+$", PAGE.partition("## What a message says")[0], flags=re.MULTILINE)
    return {
        number: re.findall(r"^```text\n(.+?)\n```$", text, re.DOTALL | re.MULTILINE)
        for number, text in zip(parts[1::2], parts[2::2], strict=True)
    }


SEARCHES = searches()


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """The three tables as they are deployed, with a month in them."""
    with mock_aws():
        resource = boto3.resource("dynamodb", **DUMMY)
        for name, definition in yaml.safe_load(TABLES.read_text())["Resources"].items():
            wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
            made = {key: definition["Properties"][key] for key in wanted if key in definition["Properties"]}
            resource.create_table(TableName=name, **made)
        world = World(3)
        world.produce()
        world.sweep()
        for item in [*month(), *world.messages()]:
            put("OutboxTable", item)
        for name in ("campaign", f"run#{OCTOBER}", "accounting"):
            put("ControlTable", world.control_table.get({"name": name}) or {})
        for user, facts in (("ann", {}), ("bob", {"resubscribed_at": LATER})):
            put("UnsubscribedTable", {"user_id": user, "at": LATER, "by": "ann", "reason": "a letter", **facts})
        yield resource


def put(table: str, item: Item) -> None:
    """As the product's adapter puts it: numbers with a point, too."""
    boto3.client("dynamodb", **DUMMY).put_item(TableName=table, Item=to_wire(item))


def month() -> Iterator[Item]:
    """ann's two years, and October with a message in each status, two of them in the index's first partition."""
    period = Period.parse("2024-11")
    while str(period) <= OCTOBER:
        yield item_in(Status.DELIVERED, Key("ann", str(period)))
        period = period.next
    for status in Status:
        yield item_in(status, Key(f"u-{status}", OCTOBER), last_error=f"why {status}")
        yield item_in(status, Key(f"u-{status}", "2026-09"), last_error="before")
    first, second = [user for user in (f"w-{number}" for number in range(100)) if Key(user, OCTOBER).shard == 0][:2]
    yield item_in(Status.PENDING, Key(first, OCTOBER))
    yield item_in(Status.CLAIMED, Key(second, OCTOBER), due_at=LATER)


def found(resource: Any, search: str, **named: str) -> list[Item]:
    """What the console shows, of all pages."""
    for name, value in {**TABLE_OF, **named}.items():
        search = search.replace(name, value)
    first, *lines = search.splitlines()
    way, table, *index = first.split()
    keys, filters = conditions(lines)
    request: dict[str, Any] = {"IndexName": index[0]} if index else {}
    if filters is not None:
        request["FilterExpression"] = filters
    if way == "Scan":
        assert keys is None
        return list(resource.Table(table).scan(**request)["Items"])
    assert way == "Query"
    return list(resource.Table(table).query(KeyConditionExpression=keys, **request)["Items"])


def conditions(lines: list[str]) -> tuple[Any, Any]:
    """Of the key, and of the filter; None: none."""
    keys = filters = None
    for line in lines:
        said = LINE.fullmatch(line)
        assert said, f"the form has no such line: {line}"
        made = OPERATORS[said["operator"]]((Attr if said["filter"] else Part)(said["name"]), said["value"])
        if said["filter"]:
            filters = made if filters is None else filters & made
        else:
            keys = made if keys is None else keys & made
    return keys, filters


def users(items: list[Item]) -> list[str]:
    return sorted(item["user_id"] for item in items)


def test_there_are_ten() -> None:
    assert list(SEARCHES) == [str(number) for number in range(1, 11)]
    assert all(SEARCHES.values())


def test_a_users_months(dynamodb: Any) -> None:
    (search,) = SEARCHES["1"]
    periods = [item["period"] for item in found(dynamodb, search)]
    assert (periods[0], periods[-1], len(periods)) == ("2025-11", OCTOBER, 12)


def test_the_message_that_a_log_names(dynamodb: Any) -> None:
    (search,) = SEARCHES["2"]
    assert users(found(dynamodb, search, MESSAGE_ID=Key("u-SENT", OCTOBER).message_id)) == ["u-SENT"]


def test_who_is_held(dynamodb: Any) -> None:
    failed, uncertain = SEARCHES["3"]
    assert users(found(dynamodb, failed)) == ["u-FAILED"]
    assert users(found(dynamodb, uncertain)) == ["u-UNCERTAIN"]


def test_why_they_are_held(dynamodb: Any) -> None:
    (search,) = SEARCHES["4"]
    assert sorted((item["user_id"], item["last_error"]) for item in found(dynamodb, search)) == [
        ("u-FAILED", "why FAILED"), ("u-UNCERTAIN", "why UNCERTAIN"),
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["BOUNCED", "COMPLAINED", "SUPPRESSED", "CANCELLED"])
def test_who_bounced(dynamodb: Any, status: str) -> None:
    """And what else the page names."""
    (search,) = SEARCHES["5"]
    assert status in PAGE.partition("### 5.")[2].partition("### 6.")[0]
    assert users(found(dynamodb, search.replace("BOUNCED", status))) == [f"u-{status}"]


def test_what_waits_and_what_is_overdue(dynamodb: Any) -> None:
    waits, overdue = (found(dynamodb, search) for search in SEARCHES["6"])
    assert {item["unfinished"] for item in waits} == {"OPEN#0"}
    assert [item["due_at"] for item in waits] == sorted(item["due_at"] for item in waits)
    assert sum(item["user_id"].startswith("w-") for item in waits) == 2
    assert sum(item["user_id"].startswith("w-") for item in overdue) == 1
    assert f"OPEN#0 to OPEN#{SHARDS - 1}" in PAGE


@pytest.mark.parametrize("number", ["7", "8", "9"])
def test_a_record_of_the_control_table(dynamodb: Any, number: str) -> None:
    """It is there, and has each attribute that the page names."""
    (search,) = SEARCHES[number]
    (record,) = found(dynamodb, search)
    section = PAGE.partition(f"### {number}.")[2].partition("```")[0]
    optional = {"backs_off_until", "ended_at"}
    assert set(re.findall(r"`([a-z_]+)`", section)) - optional <= set(record)


def test_who_gets_no_more_mail(dynamodb: Any) -> None:
    (search,) = SEARCHES["10"]
    assert users(found(dynamodb, search)) == ["ann"]


def test_every_attribute_of_a_message_is_explained() -> None:
    """Of months in which all goes well, and in which it does not; and of what the contract's own items have."""
    table = PAGE.partition("## What a message says")[2]
    explained = {
        name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    had = set[str]()
    for says in (("Send", "Delivery"), ("Send", "Bounce"), ("Send", "Complaint"), ()):
        world = World(2, seed=len(says))
        world.says = says
        world.produce()
        had |= set().union(*world.messages())
        world.run()
        had |= {name.partition(".")[0] for write in world.outbox_table.requested for name in write.sets}
        had |= set().union(*world.messages())
    for status in Status:
        had |= set(item_in(status, Key("u", OCTOBER)))
    assert had <= explained
    assert explained <= had | {"decided_by", "decision", "nudges", "quiet", "reply_to", "touched_at"}
