"""The usage query on Athena, through PyAthena."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pyathena import connect
from pyathena.converter import Converter
from pyathena.cursor import Cursor
from pyathena.error import Error as AthenaError

from shared.errors import UsageQueryError

if TYPE_CHECKING:
    from boto3.session import Session

PAGE_ROWS = 1000
"""Rows of one GetQueryResults page at most (source: Athena API reference)."""


class Athena:
    """One database in one work group; results go under `output` in S3."""

    def __init__(self, session: "Session", database: str, work_group: str, output: str, poll_s: float = 0.5) -> None:
        self._session = session
        self._database = database
        self._work_group = work_group
        self._output = output
        self._poll_s = poll_s

    def rows(self, sql: str, parameters: Mapping[str, Any], token: str) -> Iterator[dict[str, str | None]]:
        """The query's rows, as texts, page by page: memory stays flat. None stands for NULL.

        `token` makes asking twice the same as asking once: Athena answers with the query that it runs or ran already
        (ClientRequestToken). Raises UsageQueryError with Athena's own reason when there is no answer.
        """
        connection = connect(
            session=self._session,
            region_name=self._session.region_name,
            schema_name=self._database,
            work_group=self._work_group,
            s3_staging_dir=self._output,
            poll_interval=self._poll_s,
        )
        _name_request(connection.client, token)
        try:
            with connection, connection.cursor(Cursor, arraysize=PAGE_ROWS, converter=_Texts()) as cursor:
                cursor.execute(sql, dict(parameters))
                names = [column[0] for column in cursor.description or ()]
                for row in cursor:
                    yield dict(zip(names, row, strict=True))
        except AthenaError as error:
            raise UsageQueryError(f"the usage query failed: {error}") from error


class _Texts(Converter):
    """Leaves values as the texts that Athena gives: what they become is decided in one place, `usage`."""

    def __init__(self) -> None:
        super().__init__(mappings={}, default=lambda value: value)

    def convert(self, type_: str, value: str | None, type_hint: str | None = None) -> str | None:  # noqa: ARG002
        return value


def request_token(period: str, sql: str, attempt: int) -> str:
    """The same for the same question (32-128 characters: source botocore model)."""
    return hashlib.sha256(f"{period}\n{attempt}\n{sql}".encode()).hexdigest()


def _name_request(client: Any, token: str) -> None:
    """PyAthena has no argument for ClientRequestToken: the SDK's own hook puts it in."""

    def put_token(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "ClientRequestToken": token}

    client.meta.events.register("provide-client-params.athena.StartQueryExecution", put_token)
