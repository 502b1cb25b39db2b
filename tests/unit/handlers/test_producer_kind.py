"""producer: a month of another kind of mail."""

from pathlib import Path

from shared.producing.query import request_token
from shared.rendering.mail_kind import MailFiles, MailKind, MailTemplate, Row
from simulation.stack import PERIOD
from tests.unit.handlers.producing import Producing


def _welcome(row: Row, *_: object) -> dict[str, str]:
    return {"devices": f"{int(row['device_count'] or 0)} devices"}


def _of_a_welcome(producing: Producing, folder: Path, *columns: str, html: str = "{{html.devices}}") -> None:
    """Lets it send another kind of mail, with a query, columns, variables and a template of its own."""
    files = MailFiles(folder, "welcome")
    query = folder / files.query
    query.parent.mkdir(parents=True, exist_ok=True)
    query.write_text("SELECT another")
    producing.template = MailTemplate(f"welcome-{html}", "Welcome", "Welcome", html)
    producing.kind = MailKind(files, columns, _welcome)


def test_another_kind_is_produced_by_its_own_query_columns_and_variables(many: Producing, tmp_path: Path) -> None:
    _of_a_welcome(many, tmp_path, "device_count")
    many.rows[3]["total_minutes"] = "a lot"  # no column that it reads
    assert many()["produced"] == 40
    assert [message["data"] for message in many.messages] == [{"devices": "2 devices"}] * 40
    assert list(many.athena.results) == [request_token(PERIOD, "SELECT another", 1)]


def test_what_does_not_agree_in_a_kind_is_told_by_its_own_files(many: Producing, tmp_path: Path) -> None:
    _of_a_welcome(many, tmp_path, "device_count", "plan")
    assert many()["stopped_for"]["columns"].startswith("mail/welcome/query.sql gives no column plan; it gives ")

    _of_a_welcome(many, tmp_path, "device_count", html="{{html.name}}")
    place = "mail/welcome/html.hbs, line 1: {{html.name}}: not among what mail/welcome/variables.py gives (devices)"
    assert many.again(again=True)["stopped_for"] == {"template": place}

    many.rows.reverse()
    assert "let mail/welcome/query.sql ORDER BY user_id" in many.again(again=True)["stopped_for"]["unordered"]
