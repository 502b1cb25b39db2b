"""Athena's results: pages that count their header, a CSV file in its proper place, and results that last.

AWS's rules:
- MaxResults is 1 to 1,000 rows (source: botocore model) and the header is one of the first page's rows, so the
  first page holds at most 999 rows of data (source: Athena API reference, GetQueryResults; observed by many).
- A query's file is <OutputLocation of the request>/<query id>.csv, and the execution's OutputLocation names
  that very object (source: Athena user guide, "Find query output files in Amazon S3").
- In the file every value is quoted, "" is the empty string, and nothing at all is NULL (source: PyAthena's
  documentation, "NULL and Empty String Handling").
- A result can be asked for during 45 days (source: Athena user guide, "View recent queries").

Stock MiniStack adds the header to a full page (1,001 rows), takes any MaxResults, writes the object
<OutputLocation>.csv/<query id>.csv, forgets the slash of a location that ends without one, and writes NULL
and the empty string alike. It keeps results as Python values and cannot store decimals and dates: one of
them, and a restart forgets every query.
"""

import json
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import athena, s3

from local.engine.mending import replace

_MAX_ROWS = 1000


def mend() -> None:
    """Patch GetQueryResults, StartQueryExecution's OutputLocation and the writing of the file."""
    replace(athena, "_save_query_results", _save_query_results)
    _mend_location()
    _mend_pages()


def _mend_pages() -> None:
    def get_query_results(data: dict[str, Any]) -> Any:
        size = data.get("MaxResults", _MAX_ROWS)
        if not 1 <= size <= _MAX_ROWS:
            return error_response_json(
                "InvalidRequestException", f"MaxResults is {size}, it must be from 1 to {_MAX_ROWS}", 400
            )
        token = data.get("NextToken")
        # Stock counts rows of data only, in MaxResults and in its token alike.
        rows_of_data = size - 1 if token is None and _has_header(data) else size
        status, headers, body = stock({**data, "MaxResults": rows_of_data})
        if status == 200 and token == "0":
            # After a page that was the header alone, stock would begin with the header again.
            page = json.loads(body)
            del page["ResultSet"]["Rows"][0]
            body = json.dumps(page).encode()
        return status, headers, body

    stock = replace(athena, "_get_query_results", get_query_results)


def _has_header(data: dict[str, Any]) -> bool:
    return bool((athena._executions.get(data.get("QueryExecutionId")) or {}).get("StatementType") == "DML")


def _mend_location() -> None:
    def start_query_execution(data: dict[str, Any]) -> Any:
        status, headers, body = stock(data)
        if status == 200:
            query_id = json.loads(body)["QueryExecutionId"]
            result = athena._executions[query_id]["ResultConfiguration"]
            folder = result["OutputLocation"].removesuffix(f"{query_id}.csv").rstrip("/")
            result["OutputLocation"] = f"{folder}/{query_id}.csv"
        return status, headers, body

    stock = replace(athena, "_start_query_execution", start_query_execution)


async def _save_query_results(query_id: str) -> None:
    """Keep the result as texts and write the file; a bucket that cannot be written fails the query."""
    execution = athena._executions[query_id]
    results = execution["_results"]
    results["rows"] = [
        [None if value is None else athena._datum_text(value) for value in row] for row in results["rows"]
    ]
    lines = [_csv_line(results["columns"]), *map(_csv_line, results["rows"])]
    content = "".join(lines).encode()
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    status, _, body = s3._put_object(
        bucket, key, content, {"content-type": "text/csv", "content-length": str(len(content))}
    )
    if status >= 300:
        reason = f"The result could not be written to s3://{bucket}: {body.decode(errors='replace')}"
        execution["Status"].update(State="FAILED", StateChangeReason=reason)


def _csv_line(values: list[str | None]) -> str:
    return ",".join("" if value is None else '"{}"'.format(value.replace('"', '""')) for value in values) + "\n"
