"""`make preview`: the mails of one's own rows, and for each fault in query, mapping or template its place."""

import csv
import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from local.preview import mails
from local.preview.command import preview
from local.preview.places import PreviewError
from local.usage.choice import UsageChoice, choose
from local.usage.csv_file import COLUMNS
from mail.usage.variables import KIND
from shared.periods import Period
from shared.rendering.mail_kind import MailFiles, MailKind

ROWS = [
    ("ann", "ann@example.com", "phone", "2026-10-03T10:00:00Z", "90"),
    ("ann", "ann@example.com", "laptop", "2026-09-04T10:00:00Z", "30"),
    ("bob", "bob@example.com", "", "2026-10-05T10:00:00Z", "0"),
    ("cem <b>", "cem@example.com", "phone", "2026-10-05T10:00:00Z", "5"),
    ("dora", "no address", "phone", "2026-10-05T10:00:00Z", "5"),
    ("eli", "eli@example.com", "phone", "2026-10-05T10:00:00Z", "5"),
    ("fay", "fay@example.com", "phone", "2026-10-05T10:00:00Z", "5"),
]


@pytest.fixture
def choice(tmp_path: Path) -> UsageChoice:
    """October of a file of one's own."""
    path = tmp_path / "my.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *ROWS])
    return choose(str(path), "2026-10", 0, path)


def refused(choice: UsageChoice, tmp_path: Path, kind: MailKind = KIND, user: str = "") -> str:
    with pytest.raises(PreviewError) as error:
        preview(kind, choice, user, tmp_path / "preview")
    assert not (tmp_path / "preview").exists()
    return str(error.value)


def edited(tmp_path: Path, file: str, old: str, new: str) -> tuple[MailKind, int]:
    """The mail with an edit in one of its files, and the line of the edit."""
    text = KIND.files.read(file)
    assert text.count(old) >= 1, old
    shutil.copytree(KIND.files.root / KIND.files.folder, tmp_path / KIND.files.folder)
    (tmp_path / file).write_text(text.replace(old, new, 1))
    return replace(KIND, files=MailFiles(tmp_path, KIND.files.name)), text.partition(old)[0].count("\n") + 1


def test_the_mails_of_ones_own_rows(choice: UsageChoice, tmp_path: Path) -> None:
    """Several users on one page, each with HTML and text part; who gets none is named; all that users typed is escaped."""
    index, *paths = preview(KIND, choice, "", tmp_path / "preview")
    page = index.read_text()
    for said in (
        "of 5 mails",
        "<bdi>ann</bdi>",
        "<bdi>ann@example.com</bdi>",
        "cem &lt;b&gt;",
        "the longest",
        "the least data",
        "&#39;dora&#39;",
    ):
        assert said in page
    assert "fay" not in page, "nothing about it stands out"
    texts = [path.read_text() for path in paths]
    (ann,) = [text for text in texts if "1 h 30 min" in text]
    assert "That is 200% more than in September (30 min)." in ann
    assert "https://example.com/unsubscribe?token=" in ann
    framed = [unescape(html) for html in re.findall(r'<iframe sandbox srcdoc="([^"]*)"', page)]
    assert len(framed) == 2 * len(paths), "wide and narrow"
    assert all("Your usage in October 2026" in html for html in framed)
    (html, _) = [html for html in framed if "1 h 30 min" in html]
    assert "default-src 'none'" in html


def test_one_user(choice: UsageChoice, tmp_path: Path) -> None:
    folder = tmp_path / "preview"
    (folder).mkdir()
    (folder / "09.html").write_text("of last time")
    assert [path.name for path in preview(KIND, choice, "bob", folder)] == ["index.html", "01.txt"]
    assert not (folder / "09.html").exists()
    assert "0 min" in (folder / "01.txt").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("        device_id,\n", "        device_idd,\n", 'Referenced column "device_idd" not found'),
        ("FROM users\n", "FRM users\n", 'syntax error at or near "FRM"'),
        ("%(period_start)s + INTERVAL", "%(period_strat)s + INTERVAL", "%(period_strat)s is no parameter"),
    ],
)
def test_a_faulty_query(choice: UsageChoice, tmp_path: Path, old: str, new: str, said: str) -> None:
    kind, line = edited(tmp_path, KIND.files.query, old, new)
    message = refused(choice, tmp_path, kind)
    assert message.startswith(f"mail/usage/query.sql, line {line}: ")
    assert said in message


def test_a_column_that_the_mapping_wants_and_the_query_does_not_give(choice: UsageChoice, tmp_path: Path) -> None:
    old, new = "    device_count,\n    active_days,", "    device_count AS devices,\n    active_days,"
    kind, _ = edited(tmp_path, KIND.files.query, old, new)
    message = refused(choice, tmp_path, kind)
    assert message.startswith("mail/usage/query.sql and mail/usage/variables.py don't agree: ")
    assert "gives no column device_count" in message


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        ("html", "{{html.active_days}}", "{{html.active_dayz}}", "did you mean active_days?"),
        ("text", "{{{total_time}}}", "{{{total_time}}", "Expecting"),
        ("subject", "{{{period}}}", "{{{perid}}}", "did you mean period?"),
        ("html", "{{#if devices}}", "{{#if device}}", "did you mean devices?"),
    ],
)
def test_a_faulty_template(choice: UsageChoice, tmp_path: Path, part: str, old: str, new: str, said: str) -> None:
    kind, line = edited(tmp_path, KIND.files.templates[part], old, new)
    message = refused(choice, tmp_path, kind)
    assert message.startswith(f"mail/usage/{part}.hbs, line {line}: ")
    assert said in message


def test_a_mapping_that_fails(choice: UsageChoice, tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    mapping = str(KIND.files.root / KIND.files.mapping)
    exec(compile("def template_data(row, *_):\n    return row['minuts']\n", mapping, "exec"), names)
    kind = replace(KIND, variables=names["template_data"])
    assert refused(choice, tmp_path, kind) == "mail/usage/variables.py, line 2: KeyError: 'minuts'"


def test_a_user_who_is_not_there(choice: UsageChoice, tmp_path: Path) -> None:
    assert refused(choice, tmp_path, user="anna") == "USER=anna: no such user among the 5 of the month; there are 'ann'"
    assert refused(choice, tmp_path, user="dora").startswith("user 'dora' gets no mail: ")


def test_a_month_without_a_mail() -> None:
    with pytest.raises(PreviewError, match=r"query.sql: no row became a mail \(0 rejected\)"):
        mails.drawn([], KIND, Period.parse("2026-10"))
