"""The usage query on Athena: asked through PyAthena, its stored result read page by page."""

import json
import time
from datetime import UTC
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pyathena import connect
from pyathena.async_cursor import AsyncCursor
from pyathena.error import Error as AthenaError

from shared.errors import AthenaUnavailableError, QueryCancelledError, UsageQueryError
from shared.producing.handed import Execution
from shared.producing.pages import ResultPage
from shared.producing.query import hashed
from shared.redaction import redacted

if TYPE_CHECKING:
    from boto3.session import Session

PAGE_ROWS = 1000
"""Rows of one GetQueryResults page at most; the first page's first row is the header (source: athena-pages)."""
SCAN_LIMIT = "Bytes scanned limit was exceeded"
"""Why Athena cancels a query that reads more than its work group allows (source: athena-cutoff)."""
_RETRYING = Config(retries={"mode": "standard", "total_max_attempts": 8}, connect_timeout=3, read_timeout=30)


class Athena:
    """One database in one work group; results are stored under `output` in S3. `poll_s`: seconds between two looks at a
    query.

    Raises UsageQueryError or AthenaUnavailableError, with Athena's own reason.
    """

    def __init__(self, session: "Session", database: str, work_group: str, output: str, poll_s: float = 0.5) -> None:
        self._session = session
        self.database = database
        self.work_group = work_group
        self.output = output
        self._poll_s = poll_s
        self._client = session.client("athena", config=_RETRYING)
        self._client.meta.events.register("before-parse.athena.GetQueryResults", _take_rows)

    def ask(self, sql: str, token: str) -> str:
        """Starts the query and returns its id. Asking is safe to repeat: for the same `token` Athena answers with the query
        that it has already (ClientRequestToken). It refuses a token that comes back with other parameters (source:
        athena-token), so the work group is part of it: one account may have several stages.
        """
        connection = connect(
            session=self._session,
            region_name=self._session.region_name,
            schema_name=self.database,
            work_group=self.work_group,
            s3_staging_dir=self.output,
        )
        _name_request(connection.client, self.request_token(token))
        try:
            with connection, connection.cursor(AsyncCursor, max_workers=1) as cursor:
                query_id, _ = cursor.execute(sql)  # without parameters it takes no percent sign for one
                return str(query_id)
        except AthenaError as error:
            raise _told_apart(
                error.__cause__ or error, f"the usage query can't be started: {redacted(error)}"
            ) from error

    def request_token(self, token: str) -> str:
        """Athena's ClientRequestToken."""
        return hashed(self.work_group, token)

    def done(self, query_id: str, seconds: float) -> bool:
        """Whether the result is there, after at most so many seconds. Raises QueryCancelledError as well."""
        until = time.monotonic() + seconds
        while True:
            status = self._call("get_query_execution", QueryExecutionId=query_id)["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return True
            if status["State"] == "CANCELLED":
                raise QueryCancelledError(f"the usage query was cancelled: {_cancelled(status)}")
            if status["State"] == "FAILED":
                raise UsageQueryError(f"the usage query has failed: {_reason(status)}")
            if time.monotonic() + self._poll_s > until:
                return False
            time.sleep(self._poll_s)

    def execution(self, query_id: str) -> Execution:
        """What Athena remembers of a query."""
        found = self._call("get_query_execution", QueryExecutionId=query_id)["QueryExecution"]
        context, statistics = found.get("QueryExecutionContext", {}), found.get("Statistics", {})
        return Execution(
            query_id=query_id,
            state=found["Status"]["State"],
            sql=found["Query"],
            submitted_at=found["Status"]["SubmissionDateTime"].astimezone(UTC),
            work_group=found.get("WorkGroup", ""),
            database=context.get("Database", ""),
            catalog=context.get("Catalog", ""),
            reused=statistics.get("ResultReuseInformation", {}).get("ReusedPreviousResult", False),
            scanned_bytes=statistics.get("DataScannedInBytes"),
        )

    def page(self, query_id: str, token: str) -> ResultPage:
        """One page of the result; "" for the first."""
        after = {"NextToken": token} if token else {}
        answer = self._call("get_query_results", QueryExecutionId=query_id, MaxResults=PAGE_ROWS, **after)
        result = answer["ResultSet"]
        columns = tuple(column["Name"] for column in result["ResultSetMetadata"]["ColumnInfo"])
        rows = answer["Rows"] if token else answer["Rows"][1:]
        texts = [dict(zip(columns, [cell.get("VarCharValue") for cell in row["Data"]], strict=True)) for row in rows]
        return ResultPage(columns, texts, answer.get("NextToken") or "")

    def _call(self, operation: str, **request: Any) -> Any:
        try:
            return getattr(self._client, operation)(**request)
        except (ClientError, BotoCoreError) as error:
            raise _told_apart(error, f"Athena, {operation}: {redacted(error)}") from error


def _take_rows(response_dict: Any, customized_response_dict: dict[str, Any], **_: Any) -> None:
    """The SDK's hook before it parses an answer. It would look up the shape of each cell, which takes a seventh of the producer's
    CPU: JSON's own rows are the same.
    """
    if response_dict["status_code"] == HTTPStatus.OK:
        answer = json.loads(response_dict["body"])
        customized_response_dict["Rows"] = answer["ResultSet"].pop("Rows")
        response_dict["body"] = json.dumps(answer).encode()


def _reason(status: Any) -> str:
    """Athena quotes values: "Cannot cast '…' to bigint"."""
    return redacted(status.get("StateChangeReason", ""))


def _cancelled(status: Any) -> str:
    """Who sets the limit knows it by another name than Athena does."""
    reason = _reason(status)
    return f"{reason}; maxScanGb in mail/stages.yml is the limit" if SCAN_LIMIT in reason else reason


def _told_apart(error: BaseException, reason: str) -> UsageQueryError | AthenaUnavailableError:
    """InvalidRequestException is Athena's word for a query that it can't run and for a result that it can't find. All
    other errors pass, or end with a permission (source: athena-errors).
    """
    if isinstance(error, ClientError) and error.response["Error"].get("Code") != "InvalidRequestException":
        return AthenaUnavailableError(reason)
    return AthenaUnavailableError(reason) if isinstance(error, BotoCoreError) else UsageQueryError(reason)


def _name_request(client: Any, token: str) -> None:
    """PyAthena has no argument for ClientRequestToken, so the SDK's own hook adds it."""

    def put_token(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "ClientRequestToken": token}

    client.meta.events.register("provide-client-params.athena.StartQueryExecution", put_token)
