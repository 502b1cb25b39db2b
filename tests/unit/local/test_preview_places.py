"""What is wrong in the files of the mail is said with its file, and its line where it can be told."""

from pathlib import Path

import pytest

from local.preview import places
from local.preview.places import PreviewError

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
def query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A query with some faults in it."""
    path = tmp_path / "query.sql"
    path.write_text(QUERY)
    monkeypatch.setattr(places, "QUERY", path)
    return path


def test_a_column_that_is_not_there(query: Path) -> None:
    """DuckDB shows the wrong line of a CTE: the name decides."""
    said = 'Binder Error: Referenced column "minuts" not found in FROM clause!\nCandidate bindings: "minutes"'
    reason = f"{said}\n\nLINE 4:     FROM usage\n    ^^"
    assert str(places.in_query(reason)) == f"{query}, line 3: {said}"


def test_a_word_that_is_no_sql(query: Path) -> None:
    reason = 'Parser Error: syntax error at or near "FRM"\n\nLINE 7: FRM events\n        ^^^'
    assert str(places.in_query(reason)) == f'{query}, line 7: Parser Error: syntax error at or near "FRM"'


def test_of_two_lines_with_the_name_the_one_that_is_shown_counts(query: Path) -> None:
    query.write_text("SELECT FRM\nFRM events\n")
    reason = 'Parser Error: syntax error at or near "FRM"\n\nLINE 2: FRM events\n        ^^^'
    assert str(places.in_query(reason)).startswith(f"{query}, line 2: ")


def test_a_name_that_is_everywhere_tells_no_line(query: Path) -> None:
    query.write_text("user_id\n" * 5)
    assert str(places.in_query('Binder Error: column "user_id" must appear')).startswith(f"{query}: Binder Error")


def test_a_mapping_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = tmp_path / "usage.py"
    monkeypatch.setattr(places, "MAPPING", mapping)
    source = "def template_data(row):\n    return row['minuts']\n"
    names: dict[str, object] = {}
    exec(compile(source, str(mapping), "exec"), names)
    with pytest.raises(KeyError) as failed:
        names["template_data"]({})  # type: ignore[operator]
    assert str(places.in_mapping(failed.value)) == f"{mapping}, line 2: KeyError: 'minuts'"
    with pytest.raises(SyntaxError) as malformed:
        compile("def f(:\n", str(mapping), "exec")
    assert str(places.in_mapping(malformed.value)).startswith(f"{mapping}, line 1: SyntaxError: ")


def test_what_fails_elsewhere_is_not_the_mappings() -> None:
    with pytest.raises(ZeroDivisionError):
        places.in_mapping(ZeroDivisionError())


def test_a_misspelt_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = tmp_path / "text.hbs"
    template.write_text("Hello\n{{{totl_time}}}\n")
    monkeypatch.setattr(places, "TEMPLATES", {"text": template})
    error = places.missing_variable("text", "totl_time", ["total_time", "bar"])
    assert isinstance(error, PreviewError)
    assert str(error).startswith(f"{template}, line 2: totl_time is no variable that mail/usage/variables.py gives")
    assert str(error).endswith("did you mean total_time?")


def test_files_of_the_checkout_are_named_as_one_would_type_them() -> None:
    error = places.in_template("html", 44, "Attribute 'html.x' is not present in the rendering data.")
    assert str(error) == "mail/usage/html.hbs, line 44: Attribute 'html.x' is not present in the rendering data."
