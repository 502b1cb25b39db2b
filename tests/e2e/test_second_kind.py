"""Another kind of mail in a copy of the repository: a folder in mail/ and two settings of the stage, and it is sent."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.embedded_aws import ROOT, free_port
from local.usage import csv_file
from local.usage.expectation import expected
from shared.keys import from_tag
from shared.periods import Period
from shared.rendering.tags import PERIOD_TAG, USER_TAG

USERS, CRASH_AT, PERIOD = 20, 10, "2026-10"
SCHEDULE = "cron(30 7 2 * ? *)"
SETTINGS = f"  mailKind: digest\n  schedule: {SCHEDULE}\n"
DIGEST = {
    "events.ddl.sql": """\
CREATE EXTERNAL TABLE visits (
    user_id string,
    email string,
    used_at timestamp
)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
WITH SERDEPROPERTIES (
    'timestamp.formats' = 'yyyy-MM-dd HH:mm:ss.SSS'
)
LOCATION 's3://amzn-s3-demo-bucket/visits/'
""",
    "query.sql": """\
SELECT user_id, max(email) AS email, count(*) AS visits, CAST(max(used_at) AS date) AS last_day
FROM visits
WHERE used_at >= %(period_start)s AND used_at < %(period_start)s + INTERVAL '1' MONTH
GROUP BY user_id
ORDER BY user_id
""",
    "variables.py": '''\
"""What the digest says."""

from shared.periods import Period
from shared.rendering.mail_kind import MailKind, Row

COLUMNS = ("visits", "last_day")


def template_data(row: Row, period: Period) -> dict[str, str]:
    return {"visits": row["visits"] or "", "last_day": row["last_day"] or ""}


KIND = MailKind.of(__file__, COLUMNS, template_data)
''',
    "subject.hbs": "You came {{{visits}}} times\n",
    "text.hbs": "{{{visits}}} times, on {{{last_day}}} last. {{{unsubscribe_url}}}\n",
    "html.hbs": "<p>{{html.visits}} times, on {{html.last_day}} last. <a href='{{html.unsubscribe_url}}'>Unsubscribe</a></p>\n",
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the repository with the digest in it, and its zip. What it started ends with it."""
    copy = tmp_path_factory.mktemp("copy") / "onlyonce"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "tests", "bench", "docs")
    shutil.copytree(ROOT, copy, ignore=left_out)
    (copy / "docs").mkdir()
    shutil.copy(ROOT / "docs/runbook.md", copy / "docs")  # alarms lead to its sections
    (copy / ".local").mkdir()
    for tools in (".venv", "node_modules", ".local/engine"):
        (copy / tools).symlink_to((ROOT / tools).resolve())
    _add_digest(copy / "mail")
    assert "onlyonce.zip" in _run(copy, "deploy/package.py")
    yield copy
    _run(copy, "-m", "local", "stack", "down")


def _add_digest(folder: Path) -> None:
    stages = (folder / "stages.yml").read_text()
    assert stages.count("\nlocal:\n") == 1
    (folder / "stages.yml").write_text(stages.replace("\nlocal:\n", f"\nlocal:\n{SETTINGS}"))
    (folder / "digest").mkdir()
    for name, text in DIGEST.items():
        (folder / "digest" / name).write_text(text)


def _run(copy: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_previewed(copy: Path) -> None:
    _run(copy, "-m", "local", "preview", "--period", PERIOD)
    texts = previewed(copy)
    assert len(texts) > 1
    assert all(" times, on 2026-10-" in text for text in texts)


def test_the_operators_command_shows_ones_own_rows(copy: Path) -> None:
    """It starts the checkout's preview, and needs no stage."""
    rows = copy / "my.csv"
    rows.write_text("user_id,email,device_id,used_at,minutes\nann,ann@example.com,phone,2026-10-03T10:00:00Z,90\n")
    assert "index.html" in _run(copy, "-m", "ops.main", "preview", "ann", PERIOD, "--from", "my.csv")
    assert [text.partition(".")[0] for text in previewed(copy)] == ["1 times, on 2026-10-03 last"]


def previewed(copy: Path) -> list[str]:
    return [path.read_text() for path in (copy / ".local/preview").glob("*.txt")]


def test_each_user_gets_exactly_one_of_it(copy: Path) -> None:
    """The producer is killed on the way, as in any demo."""
    port = free_port()
    options = ("--users", str(USERS), "--crash-at", str(CRASH_AT), "--period", PERIOD, "--port", str(port))
    assert "Every user has exactly one mail" in _run(copy, "-m", "local", "demo", *options)

    deployment = Deployment(f"http://127.0.0.1:{port}")
    mails = list(engine_pages.mails(deployment.url))
    wanted = expected(csv_file.read(copy / ".local/usage.csv"), Period.parse(PERIOD)).mails
    assert len(wanted) == USERS
    found = sorted((from_tag(mail["Tags"][USER_TAG]), mail["Tags"][PERIOD_TAG], mail["To"]) for mail in mails)
    assert found == sorted((user, PERIOD, [email]) for user, email in wanted.items())
    for mail in mails:
        assert mail["Subject"].startswith("You came ")
        assert mail["Subject"].endswith(" times")
        assert mail["BodyText"].startswith(mail["Subject"].removeprefix("You came "))

    (template,) = deployment.client("sesv2").list_email_templates()["TemplatesMetadata"]
    assert template["TemplateName"].startswith("onlyonce-local-digest-")
    schedules = deployment.client("scheduler")
    names = [one["Name"] for one in schedules.list_schedules()["Schedules"]]
    assert SCHEDULE in {schedules.get_schedule(Name=name)["ScheduleExpression"] for name in names}
