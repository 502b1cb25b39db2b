"""Athena's errors told apart: what is asked anew, and paid for again, and what is only asked for again."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from shared.aws.athena import SCAN_LIMIT, Athena
from shared.errors import AthenaUnavailableError, QueryCancelledError, UsageQueryError
from shared.producing.handed import Execution

ERRORS = [
    ("InvalidRequestException", UsageQueryError),
    ("AccessDeniedException", AthenaUnavailableError),
    ("InternalServerException", AthenaUnavailableError),
    ("ExpiredTokenException", AthenaUnavailableError),
]
CALLS: dict[str, Callable[[Athena], Any]] = {
    "start_query_execution": lambda athena: athena.ask("SELECT 1", "token" * 8),
    "get_query_execution": lambda athena: athena.done("query-1", 0),
    "get_query_results": lambda athena: athena.page("query-1", ""),
}


class OneClient(boto3.session.Session):
    """Gives everybody the one client that a test answers for."""

    def __init__(self) -> None:
        super().__init__("local", "local", region_name="us-east-1")
        self.athena = super().client("athena")

    def client(self, *_: Any, **__: Any) -> Any:
        return self.athena


@pytest.fixture
def session() -> OneClient:
    return OneClient()


@pytest.fixture
def stub(session: OneClient) -> Iterator[Stubber]:
    with Stubber(session.athena) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def athena(session: OneClient) -> Athena:
    return Athena(session, "usage", "usage", "s3://usage/athena/", poll_s=0)


def test_what_athena_remembers_of_a_query(stub: Stubber, athena: Athena) -> None:
    asked_at = datetime(2026, 11, 1, 7, tzinfo=timezone(timedelta(hours=1)))
    known: dict[str, Any] = {
        "Query": "SELECT 1",
        "Status": {"State": "SUCCEEDED", "SubmissionDateTime": asked_at},
        "WorkGroup": "usage",
        "QueryExecutionContext": {"Database": "usage", "Catalog": "awsdatacatalog"},
        "Statistics": {"DataScannedInBytes": 5, "ResultReuseInformation": {"ReusedPreviousResult": True}},
    }
    stub.add_response("get_query_execution", {"QueryExecution": known})
    found = athena.execution("q-1")
    assert found == Execution(
        "q-1",
        "SUCCEEDED",
        "SELECT 1",
        datetime(2026, 11, 1, 6, tzinfo=UTC),
        "usage",
        "usage",
        "awsdatacatalog",
        True,
        5,
    )
    running = {"Query": "SELECT 1", "Status": {"State": "RUNNING", "SubmissionDateTime": asked_at}}
    stub.add_response("get_query_execution", {"QueryExecution": running})
    found = athena.execution("q-1")
    assert (found.work_group, found.database, found.catalog, found.reused, found.scanned_bytes) == (
        "",
        "",
        "",
        False,
        None,
    )


def execution(state: str, **more: str) -> dict[str, Any]:
    return {"QueryExecution": {"Status": {"State": state, **more}}}


def page(*rows: tuple[str | None, ...], token: str = "") -> dict[str, Any]:
    cells = [{"Data": [{} if text is None else {"VarCharValue": text} for text in row]} for row in rows]
    columns = [{"Name": name, "Type": "varchar"} for name in ("user_id", "email")]
    found = {"ResultSet": {"Rows": cells, "ResultSetMetadata": {"ColumnInfo": columns}}}
    return {**found, "NextToken": token} if token else found


@pytest.mark.parametrize(("code", "error"), ERRORS)
@pytest.mark.parametrize("operation", CALLS)
def test_only_what_athena_refuses_for_good_is_asked_anew(
    stub: Stubber, athena: Athena, operation: str, code: str, error: type[Exception]
) -> None:
    stub.add_client_error(operation, code, "what Athena says")
    with pytest.raises(error, match="what Athena says"):
        CALLS[operation](athena)


def test_a_lost_answer_is_no_answer(session: OneClient, athena: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://athena.test")

    monkeypatch.setattr(session.athena, "start_query_execution", lost)
    monkeypatch.setattr(session.athena, "get_query_results", lost)
    with pytest.raises(AthenaUnavailableError, match="can't be started"):
        athena.ask("SELECT 1", "token" * 8)
    with pytest.raises(AthenaUnavailableError, match="get_query_results"):
        athena.page("query-1", "")


@pytest.mark.parametrize(("state", "error"), [("FAILED", UsageQueryError), ("CANCELLED", QueryCancelledError)])
def test_a_query_that_ended_without_a_result_says_why(
    stub: Stubber, athena: Athena, state: str, error: type[Exception]
) -> None:
    stub.add_response("get_query_execution", execution("RUNNING"))
    stub.add_response("get_query_execution", execution(state, StateChangeReason="line 3: no such column"))
    with pytest.raises(error, match=r"the usage query .*: line 3: no such column"):
        athena.done("query-1", 5)


def test_a_query_that_reads_too_much_names_the_setting(stub: Stubber, athena: Athena) -> None:
    """Athena's words alone do not say where the limit is set; who cancels a query has set none."""
    for reason, names in ((SCAN_LIMIT, True), ("Query cancelled by user", False)):
        stub.add_response("get_query_execution", execution("CANCELLED", StateChangeReason=reason))
        with pytest.raises(QueryCancelledError, match=reason) as raised:
            athena.done("query-1", 5)
        assert ("maxScanGb in mail/stages.yml" in str(raised.value)) == names


def test_it_waits_only_so_long(stub: Stubber, athena: Athena) -> None:
    stub.add_response("get_query_execution", execution("QUEUED"))
    assert athena.done("query-1", -1) is False
    stub.add_response("get_query_execution", execution("SUCCEEDED"))
    assert athena.done("query-1", -1) is True


def answers(session: OneClient, *pages: dict[str, Any], status: int = 200) -> None:
    """Over HTTP: what the SDK makes of an answer is what the adapter reads."""
    left = iter(pages)

    def respond(request: AWSPreparedRequest, **_: Any) -> Any:
        return AWSResponse(request.url, status, HTTPHeaders(), Raw(json.dumps(next(left)).encode()))

    session.athena.meta.events.register("before-send.athena.GetQueryResults", respond)


class Raw(io.BytesIO):
    """A body as the SDK reads it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def test_a_refusal_over_http_is_told_apart_as_well(session: OneClient, athena: Athena) -> None:
    answers(session, {"__type": "InvalidRequestException", "Message": "Could not find results"}, status=400)
    with pytest.raises(UsageQueryError, match="Could not find results"):
        athena.page("query-1", "")


def test_only_the_first_page_has_a_header_and_null_is_no_text(session: OneClient, athena: Athena) -> None:
    answers(session, page(("user_id", "email"), ("ann", None), token="next"), page(("user_id", "")))
    first = athena.page("query-1", "")
    second = athena.page("query-1", first.next_token)
    assert (first.columns, first.rows) == (("user_id", "email"), [{"user_id": "ann", "email": None}])
    assert (second.rows, second.next_token) == ([{"user_id": "user_id", "email": ""}], "")


def test_the_same_question_has_the_same_token_in_its_work_group_only() -> None:
    """Two stages of an account ask the same on the same morning, and each wants its own result."""

    def token_of(work_group: str) -> str:
        session, sent = OneClient(), list[str]()
        session.athena.meta.events.register(
            "before-parameter-build.athena.StartQueryExecution",
            lambda params, **_: sent.append(params["ClientRequestToken"]),
        )
        with Stubber(session.athena) as stub:
            stub.add_response("start_query_execution", {"QueryExecutionId": "query-1"})
            stub.add_response("get_query_execution", execution("SUCCEEDED"))
            assert Athena(session, "usage", work_group, "s3://usage/").ask("SELECT 1", "token" * 8) == "query-1"
        return sent[0]

    assert token_of("prod") == token_of("prod") != token_of("dev")
    assert len(token_of("prod")) == 64
