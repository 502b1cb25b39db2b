"""A kind's query over a usage file, as the embedded AWS's Athena runs it: the product's own adapter asks, page by page."""

from collections.abc import Iterator
from typing import Any

import boto3

from local.preview.places import Places, PreviewError
from local.stack.embedded_aws import REGION, EmbeddedAws
from local.usage import bucket, csv_file
from local.usage.choice import UsageChoice
from shared.aws.athena import Athena
from shared.errors import MissingColumnError, QueryParameterError, UsageQueryError
from shared.producing.query import filled, request_token
from shared.rendering.mail_kind import MailKind, Row

_NAME = "preview"
_DAY_S = 86_400.0
_BUCKET_IN_TABLE = "amzn-s3-demo-bucket"


def rows(aws: EmbeddedAws, kind: MailKind, choice: UsageChoice) -> Iterator[Row]:
    """Every row of the month. Raises PreviewError that names the place in the query or the table's definition."""
    files = kind.files
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=_NAME)
    aws.client("glue").create_database(DatabaseInput={"Name": _NAME})
    bucket.load(s3, _NAME, csv_file.read(choice.path))
    athena = Athena(_Session(aws.url), _NAME, "primary", f"s3://{_NAME}/results/", poll_s=0.02)
    try:
        _result_of(athena, files.read(files.table).replace(_BUCKET_IN_TABLE, _NAME))
    except UsageQueryError as error:
        raise PreviewError(f"{files.table}: {error}") from error
    try:
        sql = filled(files.read(files.query), {"period_start": choice.period.start})
        yield from _all_pages(athena, _result_of(athena, sql), kind)
    except UsageQueryError as error:
        raise Places(files).in_query(str(error)) from error
    except QueryParameterError as error:
        raise PreviewError(f"{files.query}, {error}") from error


def _result_of(athena: Athena, sql: str) -> str:
    query_id = athena.ask(sql, request_token("", sql, 1))
    athena.done(query_id, _DAY_S)
    return query_id


def _all_pages(athena: Athena, query_id: str, kind: MailKind) -> Iterator[Row]:
    token = ""
    while True:
        page = athena.page(query_id, token)
        try:
            kind.check_columns(page.columns)
        except MissingColumnError as error:
            where = f"{kind.files.query} and {kind.files.mapping} don't agree"
            raise PreviewError(f"{where}: {error}") from error
        yield from page.rows
        token = page.next_token
        if not token:
            return


class _Session(boto3.session.Session):
    """One whose clients reach the embedded AWS at `url` and nothing else."""

    def __init__(self, url: str) -> None:
        super().__init__(aws_access_key_id="local", aws_secret_access_key="local", region_name=REGION)
        self._url = url

    def client(self, service: Any, **options: Any) -> Any:  # type: ignore[override]
        return super().client(service, **{**options, "endpoint_url": self._url})
