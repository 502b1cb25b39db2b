"""PartiQL writes and the table's stream."""

from typing import Any

from tests.conformance.account import Account


def test_every_partiql_write_is_a_stream_record(aws: Account) -> None:
    """A stream captures every item-level modification, by whichever API it was made; a refused INSERT is none."""
    table, stream = aws.stream_table()
    dynamodb = aws.client("dynamodb")

    def run(statement: str, *parameters: str) -> None:
        statements = [
            {"Statement": statement.format(f'"{table}"'), "Parameters": [{"S": value} for value in parameters]}
        ]
        dynamodb.batch_execute_statement(Statements=statements)

    run("INSERT INTO {} VALUE {{'id': ?, 'colour': ?}}", "a", "red")
    run("INSERT INTO {} VALUE {{'id': ?, 'colour': ?}}", "a", "green")
    run("UPDATE {} SET colour = ? WHERE id = ?", "blue", "a")
    run("DELETE FROM {} WHERE id = ?", "a")

    changes = [(record["eventName"], _colour(record)) for record in _records(aws, stream)]
    assert changes == [("INSERT", "red"), ("MODIFY", "blue"), ("REMOVE", None)]


def _records(aws: Account, stream: str) -> list[Any]:
    streams = aws.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records: list[Any] = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    return records


def _colour(record: Any) -> str | None:
    colour: str | None = record["dynamodb"].get("NewImage", {}).get("colour", {}).get("S")
    return colour
