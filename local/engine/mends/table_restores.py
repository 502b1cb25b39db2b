"""A table restored to a point in time is encrypted as its source is, and tells what it was made of.

AWS (source: ddb-restore): RestoreTableToPointInTime is refused while the source's point-in-time recovery is off; the new table
has its source's encryption unless the request names another, and a RestoreSummary. MiniStack restores all the same, with neither.
What is restored is what the table holds now, whatever time is asked for.
"""

import time
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import dynamodb

from local.engine.mending import replace


def mend() -> None:
    """RestoreTableToPointInTime, and what DescribeTable says of its table."""
    restore = replace(dynamodb, "_restore_table_to_point_in_time", None)
    describe = replace(dynamodb, "_table_description", None)

    def restore_table(data: dict[str, Any]) -> Any:
        name = data.get("SourceTableName") or dynamodb._normalize_table_name(data.get("SourceTableArn") or "")
        if name in dynamodb._tables and not dynamodb._pitr_settings.get(name):
            return error_response_json(
                "PointInTimeRecoveryUnavailableException",
                f"Point in time recovery is not enabled for table '{name}'",
                400,
            )
        answer = restore(data)
        return _complete(dynamodb._tables[name], data) if answer[0] == 200 else answer

    def table_description(name: str) -> dict[str, Any]:
        summary = dynamodb._tables[name].get("RestoreSummary")
        return {**describe(name), **({"RestoreSummary": summary} if summary else {})}

    dynamodb._restore_table_to_point_in_time = restore_table
    dynamodb._table_description = table_description


def _complete(source: dict[str, Any], data: dict[str, Any]) -> Any:
    target = data["TargetTableName"]
    table, override = dynamodb._tables[target], data.get("SSESpecificationOverride")
    table["SSEDescription"] = (
        dynamodb._sse_description_from_spec(override) if override else source.get("SSEDescription")
    )
    table["RestoreSummary"] = {
        "SourceTableArn": source["TableArn"],
        "RestoreDateTime": data.get("RestoreDateTime") or int(time.time()),
        "RestoreInProgress": False,
    }
    return json_response({"TableDescription": dynamodb._table_description(target)})
