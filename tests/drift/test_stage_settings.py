"""deploy/settings.js: what is wrong with a stage's settings is said before anything is deployed, by the setting's name."""

import json
import subprocess
from typing import Any

import pytest

from local.stack.embedded_aws import ROOT
from local.stack.stage_settings import settings_of

_LOOK = """
const { stage, region, param, stages } = JSON.parse(process.argv[1]);
const own = { ...stages.default, ...stages[stage], ...Object.fromEntries(param.map((one) => one.split("="))) };
const known = { "sls:stage": stage, "self:provider.region": region, "file(./mail/stages.yml)": stages };
const resolveVariable = async (name) =>
  name.startsWith("param:") ? own[name.slice(6).split(",")[0]] ?? null : known[name];
require("./deploy/settings.js")({ options: { param }, resolveVariable })
  .then((made) => console.log(JSON.stringify(made)), (error) => { console.error(error.message); process.exit(1); });
"""
SENDER = "usage@your-domain.example"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
MULTI_REGION = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
PAGE = "https://your-domain.example/unsubscribe"
CRON = "cron(0 6 1 * ? *)"


def look(stage: str = "prod", region: str = "eu-central-1", **changes: Any) -> subprocess.CompletedProcess[str]:
    """What osls is told of the stage, `prod` or `prod-eu`, with these settings."""
    own = {"sender": SENDER, "unsubscribe": PAGE, **changes}
    stages = {"default": settings_of("default"), "prod": own, "prod-eu": own}
    asked = json.dumps({"stage": stage, "region": region, "param": [], "stages": stages})
    return _node(_LOOK, asked)


def _node(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "-e", script, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )


def test_each_setting_is_looked_at() -> None:
    names = json.loads(_node('console.log(JSON.stringify(require("./deploy/settings.js").names))').stdout)
    assert set(names) == set(settings_of("default"))


def test_a_sender_and_how_to_unsubscribe_is_all_that_a_stage_must_set() -> None:
    made: dict[str, Any] = {
        "claims": True,
        "monthly": "ENABLED",
        "scanLimit": 10**12,
        "database": "onlyonce_prod",
        "senderAddress": SENDER,
        "sweepRate": "rate(4 minutes)",
    }
    made["unsubscribeSecret"] = {"Ref": "UnsubscribeSecret"}
    assert json.loads(look().stdout) == made
    assert settings_of("default")["sender"] == settings_of("default")["unsubscribe"] == ""


def test_where_airflow_is_the_engine_no_function_begins_anything() -> None:
    """Neither the monthly schedule nor the stream, whatever else is set."""
    made = json.loads(look(engine="airflow", scheduleState="ENABLED").stdout)
    assert (made["claims"], made["monthly"]) == (False, "DISABLED")


@pytest.mark.parametrize("name", ["Usage at Example", "Usage, Example Inc.", "Zoës Verbrauch", "ü" * 22])
def test_a_sender_may_have_a_name(name: str) -> None:
    assert json.loads(look(sender=f"{name} <{SENDER}>").stdout)["senderAddress"] == SENDER


def test_one_minute_is_singular() -> None:
    """source: scheduler-rate"""
    assert json.loads(look(sweepMinutes=1).stdout)["sweepRate"] == "rate(1 minute)"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sender", "usage"), ("sender", "usage@your domain.example"), ("sender", "a..b@your-domain.example"),
        ("sender", "usage@localhost"), ("formerSender", "usage"),
        ("sender", "Usage <usage>"), ("sender", '"Usage" <usage@your-domain.example>'), ("replyTo", "Help <help@x.example>"),
        ("sender", f"{'ü' * 23} <usage@your-domain.example>"), ("sender", "a@b.example <usage@your-domain.example>"),
        ("sender", "Usage\nBcc: x <usage@your-domain.example>"), ("replyTo", "help"),
        ("timeZone", "Europe/Berln"), ("timeZone", "+02:00"),
        ("schedule", "0 6 1 * *"), ("schedule", "cron(0 6 1 * * *)"), ("schedule", "cron(0 6 1 * ?)"),
        ("schedule", "cron(0 24 1 * ? *)"), ("schedule", "cron(0 6 0 * ? *)"), ("schedule", "cron(0 6 ? * ? *)"),
        ("schedule", "cron(0 6 1 13 ? *)"), ("schedule", "rate(1 minutes)"), ("schedule", "rate(5 minute)"),
        ("schedule", "rate(0 days)"), ("schedule", "rate(1 month)"), ("schedule", "at(2026-13-01T06:00:00)"),
        ("scheduleState", "disabled"), ("engine", "Airflow"), ("engine", "lambda"),
        ("sweepMinutes", 0), ("sweepMinutes", 61), ("sweepMinutes", "1.5"), ("sweepMinutes", "often"),
        ("headroom", 1), ("headroom", "-0.1"), ("headroom", "10 %"), ("headroom", "Infinity"),
        ("attempts", 0), ("claimConcurrency", 11), ("claimConcurrency", 0),
        ("sendBatchSize", "many"), ("sendBatchSize", 0), ("mailKind", ""),
        ("kmsKey", "alias/ours"), ("kmsKey", KEY.replace("key/", "alias/")), ("kmsKey", KEY.replace("111122223333", "me")),
        ("maxScanGb", 0), ("maxScanGb", "0.009"), ("maxScanGb", "1 TB"),
        ("unsubscribe", ""), ("unsubscribe", "http://your-domain.example"), ("unsubscribe", "your-domain.example"),
        ("unsubscribe", "https://your domain.example"), ("unsubscribe", "https://your-domain.example/#out"),
        ("unsubscribe", f"https://your-domain.example/{'u' * 500}"), ("unsubscribe", "no"),
        ("contactList", "our users"), ("contactTopic", "t" * 65),
        ("writers", 0), ("writers", 1000), ("maxRejected", "1.1"), ("maxRejected", "few"), ("maxChange", "-1"),
        ("claimLeaseS", 0), ("sendLeaseS", "x"), ("sendTimeoutS", 901), ("sesReadTimeoutS", 0), ("strandedAfterS", ""),
    ],
)  # fmt: skip
def test_a_bad_setting_is_refused_by_name_and_value(name: str, value: Any) -> None:
    refused = look(**{name: value})
    assert refused.returncode == 1
    said = f"{name} is '{value}'; wanted is " if value != "" else f"{name} is not set for stage 'prod'; wanted is "
    assert f"mail/stages.yml or --param: {said}" in refused.stderr
    assert refused.stderr.count("wanted is") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("schedule", "cron(0/15 6-9 L JAN,APR ? 2026-2030)"), ("schedule", "cron(0 6 ? * MON#1 *)"),
        ("schedule", "cron(0 6 1W * ? *)"), ("schedule", "rate(1 day)"), ("schedule", "rate(30 days)"),
        ("schedule", "at(2026-11-01T06:00:00)"), ("sendBatchSize", "auto"), ("sendBatchSize", 45),
        ("headroom", 0), ("headroom", "0.55"), ("maxRejected", "1"), ("maxChange", "1000"), ("timeZone", "UTC"),
        ("formerSender", "old+x@your-domain.example"), ("scheduleState", "DISABLED"), ("engine", "airflow"),
        ("kmsKey", KEY), ("kmsKey", MULTI_REGION),
        ("maxScanGb", "0.01"),
        ("timeZone", "America/New_York"), ("sweepMinutes", 60),
        ("unsubscribe", "https://your-domain.example/p?x=1"), ("unsubscribe", "none"),
    ],
)  # fmt: skip
def test_a_good_setting_is_taken(name: str, value: Any) -> None:
    assert look(**{name: value}).stderr == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"claimLeaseS": 120}, "claimLeaseS is 120; wanted is above sendLeaseS, which is 120"),
        ({"sendLeaseS": 60}, "sendLeaseS is 60; wanted is above sendTimeoutS, which is 60"),
        ({"sesReadTimeoutS": 48}, "sendTimeoutS is 60; wanted is at least 13 above sesReadTimeoutS, which is 48"),
    ],
)
def test_the_leases_outlast_what_they_cover(changes: dict[str, Any], said: str) -> None:
    assert said in look(**changes).stderr
    assert look(sesReadTimeoutS=47).returncode == 0


def test_ses_own_list_needs_its_name_and_its_topic() -> None:
    told = look(unsubscribe="ses", contactList="users").stderr
    assert "contactTopic is not set for stage 'prod'; unsubscribe: ses needs it" in told
    assert "contactList" not in told
    made = json.loads(look(unsubscribe="ses", contactList="users", contactTopic="usage").stdout)
    assert made["unsubscribeSecret"] == ""


def test_a_stage_that_does_not_say_how_to_unsubscribe_is_told_what_there_is() -> None:
    told = look(unsubscribe="").stderr
    assert (
        "unsubscribe is not set for stage 'prod'; wanted is the https:// address of a page of yours, ses (SES's" in told
    )


def test_a_stage_without_a_sender_or_a_section_is_refused() -> None:
    without = look(sender="")
    assert "mail/stages.yml or --param: sender is not set for stage 'prod'" in without.stderr
    unknown = look(stage="prd")
    assert "mail/stages.yml has no section 'prd'" in unknown.stderr
    assert (without.returncode, unknown.returncode) == (1, 1)


@pytest.mark.parametrize("stage", ["Prod", "prod_eu", "prod.eu", "p" * 31])
def test_a_stage_that_makes_no_names_is_refused(stage: str) -> None:
    said = f"--stage: stage is '{stage}'; wanted are small letters, digits and hyphens, 30 at most"
    assert said in look(stage).stderr


def test_the_database_has_no_hyphen() -> None:
    """source: glue-names"""
    assert json.loads(look("prod-eu").stdout)["database"] == "onlyonce_prod_eu"


def test_a_region_that_is_none_is_refused() -> None:
    assert "region is 'frankfurt'; wanted is a name such as eu-central-1" in look(region="frankfurt").stderr


def test_a_key_of_another_region_is_refused() -> None:
    said = "kmsKey is a key in eu-central-1; wanted is one in us-east-1"
    assert said in look(region="us-east-1", kmsKey=KEY).stderr


def test_a_misspelt_setting_is_refused() -> None:
    assert "mail/stages.yml, section 'prod': there is no setting 'sendr'" in look(sendr=SENDER).stderr
    stages = {"default": settings_of("default"), "prod": {"sender": SENDER, "unsubscribe": PAGE}}
    asked = {"stage": "prod", "region": "us-east-1", "param": ["sweepMinuts=4"], "stages": stages}
    assert "--param: there is no setting 'sweepMinuts'" in _node(_LOOK, json.dumps(asked)).stderr


def test_the_deployment_tool_stops_there() -> None:
    """And says it, before it asks AWS for anything."""
    command: list[str] = [f"{ROOT}/node_modules/.bin/osls", "package", "--stage", "nowhere", "--package", "/nowhere"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "mail/stages.yml has no section 'nowhere'" in done.stdout + done.stderr
    assert "sender is not set for stage 'nowhere'" in done.stdout + done.stderr
