"""mail/, as the code reads it ↔ as it is deployed."""

import json
import subprocess

import pytest

import mail
from local.stack.embedded_aws import ROOT
from local.stack.stage_settings import mail_files, settings_of
from local.usage.bucket import prefix
from shared.errors import UnknownMailKindError
from tests.drift.conftest import Packaged

_DEPLOYED = """
const setting = { "param:mailKind": process.argv[1], "param:templateEdition": "1", "self:custom.stack": "onlyonce-test" };
require("./deploy/mail.js")({ resolveVariable: async (name) => setting[name] })
  .then((mail) => console.log(JSON.stringify(mail)), (error) => { console.error(error.message); process.exit(1); });
"""


def deployed(kind: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "-e", _DEPLOYED, kind], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )


def test_the_producer_makes_the_kind_whose_template_is_deployed(packaged: Packaged) -> None:
    kind = packaged.function("producer")["Environment"]["Variables"]["MAIL_KIND"]
    assert kind == settings_of("local")["mailKind"] == mail_files().name
    name = packaged.resources["MailTemplate"]["Properties"]["Template"]["TemplateName"]
    assert name.startswith(f"onlyonce-local-{kind}-")


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_a_part_is_deployed_as_it_stands_in_its_file(packaged: Packaged, part: str) -> None:
    template = packaged.resources["MailTemplate"]["Properties"]["Template"]
    files = mail_files()
    text = files.read(files.templates[part])
    assert template[f"{part.capitalize()}Part"] == (text.strip() if part == "subject" else text)


def test_the_table_is_the_one_that_the_query_reads(packaged: Packaged) -> None:
    """Also the preview and the query's tests read the table's file, with Athena's own SQL."""
    table = packaged.resources["UsageEvents"]["Properties"]["TableInput"]
    files = mail_files()
    ddl = files.read(files.table)
    assert f"CREATE EXTERNAL TABLE {table['Name']} (" in ddl
    columns = [f"    {one['Name']} {one['Type']}" for one in table["StorageDescriptor"]["Columns"]]
    assert ",\n".join(columns) in ddl.replace(", ", ",")
    assert table["StorageDescriptor"]["Location"] == {"Fn::Sub": f"s3://${{UsageBucket}}/{prefix(files)}"}


@pytest.mark.parametrize("name", ["usag", "../mail", "__pycache__"])
def test_a_kind_that_there_is_not_is_refused_in_the_same_words(name: str) -> None:
    refused = deployed(name)
    with pytest.raises(UnknownMailKindError) as error:
        mail.files_of(name)
    assert (refused.returncode, refused.stderr.strip()) == (1, str(error.value))


def test_the_name_of_a_template_holds_its_kind() -> None:
    assert json.loads(deployed("usage").stdout)["name"].startswith("onlyonce-test-usage-")
