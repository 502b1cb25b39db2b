"""mail/, as the code reads it ↔ as it is deployed."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import mail
from local.stack.embedded_aws import ROOT
from local.stack.stage_settings import mail_files, settings_of
from local.usage.bucket import folders, prefix
from shared.errors import UnknownMailKindError
from tests.drift.conftest import Packaged
from tests.e2e.copies import copied

_DEPLOYED = """
const [, kind, unsubscribe] = process.argv;
const setting = { "param:mailKind": kind, "self:custom.stack": "onlyonce-test", "param:unsubscribe": unsubscribe };
require("./deploy/mail.js")({ resolveVariable: async (name) => setting[name] })
  .then((mail) => console.log(JSON.stringify(mail)), (error) => { console.error(error.message); process.exit(1); });
"""

_PARSED = """
const sql = require("node:fs").readFileSync(0, "utf8");
const refused = (text) => { console.error(text); process.exit(1); };
console.log(JSON.stringify(require("./deploy/events_table.js")(sql, "mail/usage/events.ddl.sql", refused)));
"""


def deployed(kind: str, checkout: Path = ROOT, unsubscribe: str = "none") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "-e", _DEPLOYED, kind, unsubscribe],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_functions_know_the_kind_of_the_stage(packaged: Packaged) -> None:
    kinds = {packaged.function(name)["Environment"]["Variables"]["MAIL_KIND"] for name in ("producer", "claim")}
    assert kinds == {settings_of("local")["mailKind"]} == {mail_files().name}


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_a_part_that_is_not_handlebars_is_refused_before_anything_is_deployed(tmp_path: Path, part: str) -> None:
    copy = copied(tmp_path / "checkout")
    file = mail_files().templates[part]
    (copy / file).write_text("Dear {{name}},\n{{#if change}}")
    refused = deployed("usage", copy)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{file} is not Handlebars. Parse error on line 2:\n")


@pytest.mark.parametrize(("part", "wanted"), [("text", "{{{unsubscribe_url}}}"), ("html", "{{html.unsubscribe_url}}")])
def test_a_part_without_a_link_to_unsubscribe_is_refused(tmp_path: Path, part: str, wanted: str) -> None:
    """But for a mail that needs none, as its stage says."""
    copy = copied(tmp_path / "checkout")
    file = mail_files().templates[part]
    (copy / file).write_text("Dear {{name}}, {{#if unsubscribe_url}}goodbye{{/if}}")
    for setting in ("https://example.com/unsubscribe", "ses"):
        refused = deployed("usage", copy, setting)
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"{file} shows no link to unsubscribe, and unsubscribe is '{setting}'")
        assert wanted in refused.stderr
        assert deployed("usage", ROOT, setting).returncode == 0
    assert deployed("usage", copy, "none").returncode == 0


@pytest.mark.parametrize("kind", ["usage.v2", "a" * 38])
def test_a_kind_that_makes_no_name_of_a_template_is_refused(tmp_path: Path, kind: str) -> None:
    """The name is the stack's, the kind's and twelve characters, with hyphens between them: 64 at most."""
    copy = copied(tmp_path / "checkout")
    shutil.copytree(copy / "mail/usage", copy / "mail" / kind)
    refused = deployed(kind, copy)
    assert refused.returncode == 1
    assert refused.stderr.strip().endswith("hyphens and underscores, at most 37 for the stack onlyonce-test")


def test_the_table_is_the_one_that_the_query_reads(packaged: Packaged) -> None:
    """Also the preview and the query's tests read the table's file, with Athena's own SQL."""
    table = packaged.resources["UsageEvents"]["Properties"]["TableInput"]
    storage = table["StorageDescriptor"]
    files = mail_files()
    ddl = files.read(files.table)
    assert f"CREATE EXTERNAL TABLE {table['Name']} (" in ddl
    assert _listed(storage["Columns"]) in ddl.replace(", ", ",")
    assert f"PARTITIONED BY (\n{_listed(table['PartitionKeys'])}\n)" in ddl
    assert f"ROW FORMAT SERDE '{storage['SerdeInfo']['SerializationLibrary']}'" in ddl
    assert storage["Location"] == _in_the_bucket(prefix(files))
    parameters = dict(table["Parameters"])
    assert parameters.pop("storage.location.template") == _in_the_bucket(folders(files))
    assert parameters.pop("EXTERNAL") == "TRUE"
    for name, value in (parameters | storage["SerdeInfo"]["Parameters"]).items():
        assert f"    '{name}' = '{value}'" in ddl
    assert ddl.count("' = '") == len(parameters) + len(storage["SerdeInfo"]["Parameters"]) + 1


def test_the_parquet_table_of_the_docs_is_the_same_but_for_its_format() -> None:
    files = mail_files()
    ddl = files.read(files.table)
    (shown,) = re.findall(
        r"```sql\n(CREATE EXTERNAL TABLE .*?)```", (ROOT / "docs/deploying.md").read_text(), re.DOTALL
    )
    inner = re.compile(r"\(\n(.*?)\n\)", re.DOTALL)
    assert _flat(inner.findall(shown)[0]) == _flat(inner.findall(ddl)[0])
    properties = {
        re.sub("usage_events_parquet", "usage_events", one) for one in re.findall(r"'[\w.]+' = '[^']+'", shown)
    }
    assert properties == {
        one for one in re.findall(r"'[\w.]+' = '[^']+'", ddl) if "projection" in one or "storage" in one
    }


def _flat(text: str) -> str:
    return " ".join(text.split())


def _listed(columns: list[dict[str, str]]) -> str:
    return ",\n".join(f"    {one['Name']} {one['Type']}" for one in columns)


def _in_the_bucket(key: str) -> dict[str, object]:
    return {"Fn::Join": ["", ["s3://", {"Ref": "UsageBucket"}, f"/{key}"]]}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    minutes string", "    minutes", ', line 17: "minutes" is not a column; wanted are a name and a type on each line'),
        ("    month string", "    month=string", ', line 20: "month=string" is not a column; '),
        ("    'classification' = 'json'", "    'classification', 'json'", ", line 28: \"'classification', 'json'\" is not"),
        ("ROW FORMAT SERDE '", "ROW FORMAT '", ": wanted is ROW FORMAT SERDE '…'"),
        ("LOCATION 's3:", "LOCATION 'S3:", ": wanted is LOCATION 's3://amzn-s3-demo-bucket/…/'"),
        ("CREATE EXTERNAL TABLE", "CREATE TABLE", ": wanted is CREATE EXTERNAL TABLE name ( … )"),
    ],
)  # fmt: skip
def test_a_table_that_is_not_understood_is_refused_by_file_and_line(old: str, new: str, said: str) -> None:
    files = mail_files()
    ddl = files.read(files.table)
    assert ddl.count(old) == 1
    done = subprocess.run(
        ["node", "-e", _PARSED], cwd=ROOT, input=ddl.replace(old, new), capture_output=True, text=True, timeout=30, check=False
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"{files.table}{said}")


def test_partitions_and_properties_may_be_missing() -> None:
    ddl = "CREATE EXTERNAL TABLE visits (\n    n decimal(18, 3),\n    -- a comment\n    a array<string>\n)\n"
    ddl += "ROW FORMAT SERDE 'a.B'\nLOCATION 's3://amzn-s3-demo-bucket/visits/'\n"
    done = subprocess.run(
        ["node", "-e", _PARSED], cwd=ROOT, input=ddl, capture_output=True, text=True, timeout=30, check=True
    )
    table = json.loads(done.stdout)
    assert [one["Type"] for one in table["columns"]] == ["decimal(18,3)", "array<string>"]
    assert table["partitionKeys"] == []
    assert table["serde"] == {"SerializationLibrary": "a.B", "Parameters": {}}
    assert table["parameters"] == {"EXTERNAL": "TRUE"}


@pytest.mark.parametrize("name", ["usag", "../mail", "__pycache__"])
def test_a_kind_that_there_is_not_is_refused_in_the_same_words(name: str) -> None:
    refused = deployed(name)
    with pytest.raises(UnknownMailKindError) as error:
        mail.files_of(name)
    assert (refused.returncode, refused.stderr.strip()) == (1, str(error.value))
