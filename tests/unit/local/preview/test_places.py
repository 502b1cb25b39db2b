"""What is wrong in the files of the mail is said with its file, and its line where it can be told."""

from pathlib import Path

import pytest

from local.preview.places import Places, PreviewError
from mail.usage.variables import KIND
from shared.rendering.mail_kind import MailFiles

QUERY = """\
-- minuts is only a comment
WITH events AS (
    SELECT user_id, minuts
    FROM usage_events
)
SELECT user_id, count(*) * 100 % 7
FRM events
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """That of a kind of mail, with a query that has some faults in it."""
    folder = tmp_path / "mail/digest"
    folder.mkdir(parents=True)
    (folder / "query.sql").write_text(QUERY)
    return folder


@pytest.fixture
def places(folder: Path) -> Places:
    return Places(MailFiles(folder.parents[1], folder.name))


def test_a_column_that_is_not_there(places: Places) -> None:
    """DuckDB shows the wrong line of a CTE: the name decides."""
    said = 'Binder Error: Referenced column "minuts" not found in FROM clause!\nCandidate bindings: "minutes"'
    reason = f"{said}\n\nLINE 4:     FROM usage\n    ^^"
    assert str(places.in_query(reason)) == f"mail/digest/query.sql, line 3: {said}"


def test_a_word_that_is_no_sql(places: Places) -> None:
    reason = 'Parser Error: syntax error at or near "FRM"\n\nLINE 7: FRM events\n        ^^^'
    said = 'mail/digest/query.sql, line 7: Parser Error: syntax error at or near "FRM"'
    assert str(places.in_query(reason)) == said


def test_of_two_lines_with_the_name_the_one_that_is_shown_counts(places: Places, folder: Path) -> None:
    (folder / "query.sql").write_text("SELECT FRM\nFRM events\n")
    reason = 'Parser Error: syntax error at or near "FRM"\n\nLINE 2: FRM events\n        ^^^'
    assert str(places.in_query(reason)).startswith("mail/digest/query.sql, line 2: ")


def test_a_name_that_is_everywhere_tells_no_line(places: Places, folder: Path) -> None:
    (folder / "query.sql").write_text("user_id\n" * 5)
    said = str(places.in_query('Binder Error: column "user_id" must appear'))
    assert said.startswith("mail/digest/query.sql: Binder Error")


def test_a_mapping_that_fails(places: Places, folder: Path) -> None:
    mapping = str(folder / "variables.py")
    names: dict[str, object] = {}
    exec(compile("def template_data(row):\n    return row['minuts']\n", mapping, "exec"), names)
    with pytest.raises(KeyError) as failed:
        names["template_data"]({})  # type: ignore[operator]
    assert str(places.in_mapping(failed.value)) == "mail/digest/variables.py, line 2: KeyError: 'minuts'"
    with pytest.raises(SyntaxError) as malformed:
        compile("def f(:\n", mapping, "exec")
    assert str(places.in_mapping(malformed.value)).startswith("mail/digest/variables.py, line 1: SyntaxError: ")


def test_what_fails_elsewhere_is_not_the_mappings(places: Places) -> None:
    with pytest.raises(ZeroDivisionError):
        places.in_mapping(ZeroDivisionError())


def test_a_misspelt_variable(places: Places, folder: Path) -> None:
    (folder / "text.hbs").write_text("Hello\n{{{totl_time}}}\n")
    error = places.missing_variable("text", "totl_time", ["total_time", "bar"])
    assert isinstance(error, PreviewError)
    said = "mail/digest/text.hbs, line 2: totl_time is no variable that mail/digest/variables.py gives"
    assert str(error).startswith(said)
    assert str(error).endswith("did you mean total_time?")


def test_files_of_the_checkout_are_named_as_one_would_type_them() -> None:
    places = Places(KIND.files)
    error = places.in_template("html", 44, "Attribute 'html.x' is not present in the rendering data.")
    assert str(error) == "mail/usage/html.hbs, line 44: Attribute 'html.x' is not present in the rendering data."
