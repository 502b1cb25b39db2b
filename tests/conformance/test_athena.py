"""Athena: what a query returns, where its file lies, and what a repeated request does."""

from pathlib import Path

import pytest

from tests.conformance.account import Account, fresh, refusal
from tests.conformance.athena import Athena
from tests.conformance.conftest import engine_name


@pytest.fixture(scope="module")
def athena(aws: Account) -> Athena:
    return Athena.new(aws)


def numbers(count: int) -> str:
    """SQL for the numbers from 1 to `count` in order."""
    digits = ", ".join(f"({digit})" for digit in range(10))
    return f"""
        WITH digits(d) AS (VALUES {digits}),
        numbers AS (
            SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n
            FROM digits a CROSS JOIN digits b CROSS JOIN digits c CROSS JOIN digits e
        )
        SELECT n FROM numbers WHERE n <= {count} ORDER BY n
    """


@pytest.mark.parametrize(("count", "sizes"), [(1000, [1000, 1]), (1999, [1000, 1000]), (2500, [1000, 1000, 501])])
def test_a_page_holds_at_most_1000_rows_and_the_header_is_one_of_them(
    athena: Athena, count: int, sizes: list[int]
) -> None:
    """The first page's first row is the header, and it counts: 999 rows of data fit into the first page."""
    pages = athena.pages(athena.run(numbers(count)), 1000)
    assert [len(page) for page in pages] == sizes
    assert [text for page in pages for text in page] == ["n", *map(str, range(1, count + 1))]


def test_a_page_of_one_row_is_the_header_alone(athena: Athena) -> None:
    """MaxResults 1 pages through the header and then the data, row by row."""
    assert athena.pages(athena.run(numbers(3)), 1) == [["n"], ["1"], ["2"], ["3"]]


def test_more_than_1000_rows_a_page_are_refused(athena: Athena) -> None:
    """MaxResults is at most 1,000."""
    query_id = athena.run(numbers(1))
    client = athena.aws.client("athena")
    request = {"QueryExecutionId": query_id, "MaxResults": 1001}
    assert refusal(lambda: client.get_query_results(**request)) == "InvalidRequestException"


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_result_file_is_where_the_execution_says(athena: Athena, slash: str) -> None:
    """The execution's OutputLocation is the CSV object: the request's location, the query id, .csv."""
    location = {"OutputLocation": f"s3://{athena.bucket}/elsewhere{slash}"}
    query_id = athena.run("SELECT 1 AS one", ResultConfiguration=location)
    key = f"elsewhere/{query_id}.csv"
    assert athena.execution(query_id)["ResultConfiguration"]["OutputLocation"] == f"s3://{athena.bucket}/{key}"
    assert athena.aws.client("s3").head_object(Bucket=athena.bucket, Key=key)


def test_the_result_file_tells_null_from_the_empty_string(athena: Athena) -> None:
    """Every value is quoted, quotes inside are doubled; NULL is nothing at all."""
    query_id = athena.run("""SELECT NULL AS a, '' AS b, 'x"y,\n🚀' AS c, 1.5 AS d""")
    assert athena.result_file(query_id) == '"a","b","c","d"\n,"","x""y,\n🚀","1.5"\n'


def test_the_same_token_is_the_same_query(athena: Athena) -> None:
    """A StartQueryExecution repeated with its ClientRequestToken returns the first one's QueryExecutionId."""
    token = fresh("token" * 8)
    assert athena.start("SELECT 1", ClientRequestToken=token) == athena.start("SELECT 1", ClientRequestToken=token)


def test_a_token_with_another_query_is_refused(athena: Athena) -> None:
    """A ClientRequestToken that was used with other parameters is an error."""
    token = fresh("token" * 8)
    athena.start("SELECT 1", ClientRequestToken=token)
    assert refusal(lambda: athena.start("SELECT 2", ClientRequestToken=token)) == "InvalidRequestException"


@pytest.mark.parametrize(
    "text", ["6F9619FF-8B86-D011-B42D-00CF4FC964FF", "2026-10-17T09:30:00Z", "2026-10-17 09:30:00.500"]
)
def test_a_string_column_returns_its_text_unchanged(athena: Athena, text: str) -> None:
    """What looks like a UUID or a time is still text where the table says string."""
    table = athena.json_table({"user_id": "string"}, {"user_id": text})
    assert athena.rows(athena.run(f"SELECT user_id FROM {table}")) == [[text]]


def test_a_decimal_column_is_exact(athena: Athena) -> None:
    """decimal(18,3) keeps its three digits, and sums without a double's error."""
    table = athena.json_table({"minutes": "decimal(18,3)"}, {"minutes": 0.1}, {"minutes": 0.2})
    assert athena.rows(athena.run(f"SELECT sum(minutes) FROM {table}")) == [["0.300"]]


def test_a_column_that_no_row_has_is_null(athena: Athena) -> None:
    """The table's columns exist whether the data has them or not."""
    table = athena.json_table({"user_id": "string", "email": "string"}, {"user_id": "u"})
    assert athena.rows(athena.run(f"SELECT user_id, email FROM {table}")) == [["u", None]]


def test_a_result_lasts(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A result can be asked for, by id and by token, long after (here: after a restart), decimals and dates too."""
    stock = engine_name(request.config) == "stock"
    sql = "SELECT CAST(1.5 AS decimal(18, 3)) AS a, DATE '2026-10-01' AS b, CAST(NULL AS varchar) AS c"
    token = fresh("token" * 8)
    aws = Account(tmp_path, data_dir=tmp_path / "data", stock=stock)
    try:
        aws.client("s3").create_bucket(Bucket="results")
        query_id = Athena(aws, "results", "default").run(sql, ClientRequestToken=token)
        aws.stop()
        aws = Account(tmp_path, data_dir=tmp_path / "data", stock=stock)
        again = Athena(aws, "results", "default")
        assert again.rows(query_id) == [["1.500", "2026-10-01", None]]
        assert again.start(sql, ClientRequestToken=token) == query_id
    finally:
        aws.stop()
