"""What each request uses of DynamoDB in read and write units, one noun a module; it is measured as CloudWatch has it.

requests  whose request it is that runs
writes    what is written, and what a refused write costs
reads     what is read, found or not

AWS (ddb-metrics): a table's units are ConsumedWriteCapacityUnits and ConsumedReadCapacityUnits by TableName, a global index's by
GlobalSecondaryIndexName besides. What a table's TTL deletes, and what Lambda reads from its stream, uses none.

MiniStack measures none, and the ConsumedCapacity of its answers, which is left as it is, counts every read and statement as 1 or
0.5. Not modelled: a cancelled transaction, a PartiQL SELECT from an index or one of several that asks for consistency, and what a
local index fetches from its table.
"""

from local.engine.mends.dynamodb_units import reads, requests, writes


def mend() -> None:
    """Patch MiniStack's DynamoDB. After partiql_streams and durability, which replace the same functions."""
    for noun in (writes, reads, requests):
        noun.mend()
