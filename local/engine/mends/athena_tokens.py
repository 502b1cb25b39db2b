"""Athena's ClientRequestToken: the same request twice is one query.

AWS's rule: a StartQueryExecution that uses the token of an earlier one returns the same QueryExecutionId and
creates no query; with another parameter, such as another QueryString, it is an error (source: botocore model).

Stock MiniStack ignores the token and runs the query again.
"""

import json
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import athena

from local.engine.mending import replace

# Kept within the execution: so it lasts as long and belongs to the same account and region. MiniStack shows
# nobody a key that begins with an underscore.
_REQUEST = "_request"


def mend() -> None:
    """Patch StartQueryExecution."""

    def start_query_execution(data: dict[str, Any]) -> Any:
        token = data.get("ClientRequestToken")
        known = [
            e for e in athena._executions.values() if token and e.get(_REQUEST, {}).get("ClientRequestToken") == token
        ]
        if known and known[0][_REQUEST] != data:
            return error_response_json(
                "InvalidRequestException",
                "Idempotent parameters do not match those of the token's first request",
                400,
            )
        if known:
            return json_response({"QueryExecutionId": known[0]["QueryExecutionId"]})
        status, headers, body = stock(data)
        if status == 200:
            athena._executions[json.loads(body)["QueryExecutionId"]][_REQUEST] = data
        return status, headers, body

    stock = replace(athena, "_start_query_execution", start_query_execution)
