"""The units that each request uses (source: ddb-write-unit, ddb-read-unit, ddb-index-writes, ddb-refused-write,
ddb-transaction-units, ddb-metrics).
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.account import Account
from tests.conformance.measured import total


class Table:
    """A table of items `id`, with a sparse index of keys alone by `due`; `used` is what it has used since last asked."""

    def __init__(self, aws: Account) -> None:
        self.name, self.db = aws.table_by_due(), aws.client("dynamodb")
        self._cloudwatch = aws.client("cloudwatch")
        self._before: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)

    def put(self, name: str = "1", bytes_more: int = 0, **attributes: str) -> None:
        self.db.put_item(TableName=self.name, Item=self.item(name, bytes_more, **attributes))

    def item(self, name: str = "1", bytes_more: int = 0, **attributes: str) -> dict[str, Any]:
        padding = {"text": "x" * bytes_more} if bytes_more else {}
        return {key: {"S": value} for key, value in {"id": name, **padding, **attributes}.items()}

    def key(self, name: str = "1") -> dict[str, Any]:
        return {"id": {"S": name}}

    def used(self) -> dict[str, float]:
        """What is not 0 of: writes and reads of the table and of its index."""
        now = tuple(self._sum(kind, **index) for kind in ("Write", "Read") for index in ({}, self.index))
        found = zip(
            ("write", "index write", "read", "index read"),
            (a - b for a, b in zip(now, self._before, strict=True)),
            strict=True,
        )
        self._before = now
        return {name: units for name, units in found if units}

    @property
    def index(self) -> dict[str, str]:
        return {"GlobalSecondaryIndexName": "due"}

    def _sum(self, kind: str, **index: str) -> float:
        return total(self._cloudwatch, "AWS/DynamoDB", f"Consumed{kind}CapacityUnits", TableName=self.name, **index)


@pytest.fixture
def table(aws: Account) -> Table:
    return Table(aws)


def refused(write: Callable[..., Any], **request: Any) -> None:
    with pytest.raises(ClientError, match=r"conditional request failed|Transaction cancelled"):
        write(**request)


def test_a_write_uses_one_for_each_started_kb_of_the_larger_of_before_and_after(table: Table) -> None:
    table.put(bytes_more=1500)
    assert table.used() == {"write": 2}
    table.db.update_item(
        TableName=table.name, Key=table.key(), UpdateExpression="REMOVE #t", ExpressionAttributeNames={"#t": "text"}
    )
    assert table.used() == {"write": 2}
    table.put(bytes_more=900)
    assert table.used() == {"write": 1}
    table.db.delete_item(TableName=table.name, Key=table.key())
    assert table.used() == {"write": 1}
    table.db.delete_item(TableName=table.name, Key=table.key())
    assert table.used() == {"write": 1}, "of nothing"


def test_an_index_uses_one_for_what_comes_or_goes_two_for_what_moves_and_none_for_what_stays(table: Table) -> None:
    table.put()
    assert table.used() == {"write": 1}, "not in the index"
    for due, units in (("soon", 1), ("late", 2)):
        table.put(due=due)
        assert table.used() == {"write": 1, "index write": units}
    table.put(due="late", text="not projected")
    assert table.used() == {"write": 1}
    table.put()
    assert table.used() == {"write": 1, "index write": 1}


def test_a_refused_write_uses_what_the_item_that_is_there_takes_and_none_of_the_index(table: Table) -> None:
    new = {"TableName": table.name, "ConditionExpression": "attribute_not_exists(id)"}
    table.put("1", bytes_more=1500, due="soon")
    table.used()
    refused(table.db.put_item, Item=table.item("1", due="late"), **new)
    assert table.used() == {"write": 2}
    refused(table.db.put_item, Item=table.item("1", bytes_more=2500), **new)
    assert table.used() == {"write": 2}
    refused(table.db.delete_item, Key=table.key("1"), **new)
    assert table.used() == {"write": 2}
    change = {"UpdateExpression": "SET due = :d", "ExpressionAttributeValues": {":d": {"S": "late"}}}
    refused(table.db.update_item, Key=table.key("1"), **new, **change)
    assert table.used() == {"write": 2}
    refused(
        table.db.update_item, Key=table.key("2"), **{**new, **change, "ConditionExpression": "attribute_exists(id)"}
    )
    assert table.used() == {"write": 1}, "there is no item"


def test_statements_use_as_many_as_other_writes(table: Table) -> None:
    insert = {"Statement": f"INSERT INTO \"{table.name}\" VALUE {{'id': '1', 'due': 'late'}}"}
    table.db.batch_execute_statement(Statements=[insert])
    assert table.used() == {"write": 1, "index write": 1}
    answer = table.db.batch_execute_statement(Statements=[insert])
    assert answer["Responses"][0]["Error"]["Code"] == "DuplicateItem"
    assert table.used() == {"write": 1}
    update = f"UPDATE \"{table.name}\" SET n=1 WHERE id='1' AND due='soon'"
    refused(table.db.execute_statement, Statement=update)
    assert table.used() == {"write": 1}
    delete = f"DELETE FROM \"{table.name}\" WHERE id='1'"
    table.db.execute_statement(Statement=delete)
    assert table.used() == {"write": 1, "index write": 1}
    table.db.execute_statement(Statement=delete)
    assert table.used() == {"write": 1}, "of nothing"


def test_a_batch_uses_what_its_writes_would(table: Table) -> None:
    puts = [{"PutRequest": {"Item": table.item(str(number), bytes_more=1500)}} for number in range(2)]
    deletes = [{"DeleteRequest": {"Key": table.key("of nothing")}}]
    table.db.batch_write_item(RequestItems={table.name: puts + deletes})
    assert table.used() == {"write": 5}


def test_a_transaction_uses_twice_as_many_and_its_index_as_ever(table: Table) -> None:
    table.put("1", bytes_more=1500)
    table.used()
    check = {"TableName": table.name, "Key": table.key("1"), "ConditionExpression": "attribute_exists(id)"}
    put = {"TableName": table.name, "Item": table.item("2", due="soon")}
    table.db.transact_write_items(TransactItems=[{"ConditionCheck": check}, {"Put": put}])
    assert table.used() == {"write": 2 * 2 + 2 * 1, "index write": 1}
    get = {"TableName": table.name, "Key": table.key("1")}
    table.db.transact_get_items(TransactItems=[{"Get": get}])
    assert table.used() == {"read": 2}


def test_a_read_uses_one_for_each_started_4_kb_and_half_of_it_if_it_may_be_old(table: Table) -> None:
    table.put("1", bytes_more=5000)
    table.used()
    for consistent, units in ((True, 2.0), (False, 1.0)):
        table.db.get_item(TableName=table.name, Key=table.key(), ConsistentRead=consistent)
        assert table.used() == {"read": units}
    for consistent, units in ((True, 1), (False, 0.5)):
        table.db.get_item(TableName=table.name, Key=table.key("nobody"), ConsistentRead=consistent)
        assert table.used() == {"read": units}
    table.db.execute_statement(Statement=f"SELECT * FROM \"{table.name}\" WHERE id='1'")
    assert table.used() == {"read": 1}


def test_a_batch_of_reads_rounds_up_each_item(table: Table) -> None:
    table.put("1", bytes_more=1500)
    table.put("2", bytes_more=6500)
    table.used()
    keys = [table.key(name) for name in ("1", "2", "nobody")]
    table.db.batch_get_item(RequestItems={table.name: {"Keys": keys, "ConsistentRead": True}})
    assert table.used() == {"read": 1 + 2 + 1}


def test_a_scan_rounds_up_all_that_it_reads_together_whatever_its_filter_leaves(table: Table) -> None:
    for number in range(5):
        table.put(str(number), bytes_more=1700, due="soon")
    table.used()
    nobody = {"FilterExpression": "id = :n", "ExpressionAttributeValues": {":n": {"S": "nobody"}}}
    table.db.scan(TableName=table.name, ConsistentRead=True, **nobody)
    assert table.used() == {"read": 3}
    table.db.scan(TableName=table.name, Limit=2)
    assert table.used() == {"read": 0.5}


def test_a_query_of_an_index_uses_what_the_index_holds(table: Table) -> None:
    for number in range(5):
        table.put(str(number), bytes_more=1700, due="soon")
    table.used()
    of = {"TableName": table.name, "IndexName": "due", "KeyConditionExpression": "due = :d"}
    for due in ("soon", "never"):
        table.db.query(**of, ExpressionAttributeValues={":d": {"S": due}})
        assert table.used() == {"index read": 0.5}
