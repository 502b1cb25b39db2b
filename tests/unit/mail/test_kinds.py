"""The kinds of mail that there are, each found by its name, and what is said of a name that is none."""

from pathlib import Path

import pytest

import mail
from mail.usage.variables import COLUMNS, KIND, template_data
from shared.errors import MissingColumnError, UnknownMailKindError
from shared.rendering.mail_kind import MailFiles, MailKind

KINDS = sorted(path.parent.name for path in Path(mail.__file__).parent.glob("*/query.sql"))


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_declared_in_its_folder(name: str) -> None:
    kind = mail.kind_of(name)
    assert kind.files == mail.files_of(name)
    files = (kind.files.query, kind.files.table, kind.files.mapping, *kind.files.templates.values())
    assert [file for file in files if not (kind.files.root / file).is_file()] == []


def test_the_usage_mail_is_one_of_them() -> None:
    assert mail.kind_of("usage") is KIND
    assert MailKind(mail.files_of("usage"), COLUMNS, template_data) == KIND
    assert KIND.files.query == "mail/usage/query.sql"
    assert KIND.files.templates["subject"] == "mail/usage/subject.hbs"


@pytest.mark.parametrize("name", ["usag", "", "__pycache__", "../mail", "usage/"])
def test_a_name_that_is_none_is_told_with_those_that_there_are(name: str) -> None:
    with pytest.raises(UnknownMailKindError) as error:
        mail.kind_of(name)
    assert str(error.value) == f"mailKind is {name!r}, and mail/ has no such folder; it has {', '.join(KINDS)}"


def test_a_kind_whose_query_lacks_a_column_is_told_by_its_own_file() -> None:
    digest = MailKind(MailFiles(Path(), "digest"), ("visits", "plan"), template_data)
    digest.check_columns(["user_id", "email", "plan", "visits", "more"])
    with pytest.raises(MissingColumnError) as error:
        digest.check_columns(["user_id", "plan"])
    assert str(error.value) == "mail/digest/query.sql gives no column email, visits; it gives plan, user_id"


def test_a_folder_that_declares_no_kind_is_told_by_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("mail.usage.variables.KIND")
    with pytest.raises(UnknownMailKindError, match=r"^mail/usage/variables.py declares no KIND = MailKind.of\("):
        mail.kind_of("usage")
