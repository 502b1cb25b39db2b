"""deploy/alarms.yml ↔ the template ↔ the metrics that the code writes: an alarm on a metric that nobody writes would never
ring. tests/unit/ops/test_runbook.py holds the same table against the runbook.
"""

import json
import subprocess
from typing import Any

import pytest
import yaml

from handlers import sweeper
from local.stack.embedded_aws import ROOT
from shared.aws.powertools import PowertoolsTelemetry
from shared.keys import Key
from shared.outbox.states import HELD
from simulation.stack import PERIOD
from simulation.world import World
from tests.contract.protocol import item_in
from tests.drift.conftest import Counted, Packaged
from tests.drift.documents import anchors


def test_the_held_alarm_watches_the_metric_that_the_sweeper_writes(
    packaged: Packaged, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in packaged.function("sweeper")["Environment"]["Variables"].items():
        if isinstance(value, str):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "onlyonce-local-sweeper")
    world = World(0)
    for status in sorted(HELD):
        world.outbox_table.put(item_in(status, Key(f"user-{status}", PERIOD)))
    telemetry = PowertoolsTelemetry("sweeper")
    producers: Any = world.producers
    sweeper.handle(
        sweeper.Deps(
            world.outbox(),
            world.pin(),
            world.campaign(),
            telemetry,
            world.clock,
            world.accounting(),
            world.open_runs(),
            producers,
            5,
        ),
        lambda: 200_000,
    )
    telemetry.flush()
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    (metric,) = written[-1]["_aws"]["CloudWatchMetrics"]
    alarm = packaged.resources["HeldAlarm"]["Properties"]
    assert alarm["MetricName"] in {one["Name"] for one in metric["Metrics"]}
    assert metric["Namespace"] == alarm["Namespace"]
    assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == {
        name: written[-1][name] for dimension_set in metric["Dimensions"] for name in dimension_set
    }
    assert written[-1][alarm["MetricName"]] == [float(len(HELD))]


ALARMS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "deploy/alarms.yml").read_text())


def test_an_alarm_is_made_of_each_entry(packaged: Packaged) -> None:
    made = packaged.of_type("AWS::CloudWatch::Alarm")
    assert {name: alarm["AlarmDescription"] for name, alarm in made.items()} == {
        name: f"{entry['says']}. Runbook: docs/runbook.md, {name}" for name, entry in ALARMS.items()
    }
    assert len(made) >= 5


def test_an_alarm_leads_to_its_section_where_the_team_has_the_runbook() -> None:
    """At any host that makes its anchors as the usual ones do."""
    there = "https://git.example.com/team/onlyonce/blob/main/docs/runbook.md"
    described = {name: made["AlarmDescription"] for name, made in alarms_with(runbook=there).items()}
    known = anchors(ROOT / "docs/runbook.md")
    assert set(described) == set(ALARMS)
    for name, text in described.items():
        says, _, address = text.partition(". Runbook: ")
        page, _, anchor = address.partition("#")
        assert (says, page) == (ALARMS[name]["says"], there)
        assert anchor in known
        assert name.lower() in anchor
        assert len(text) <= 1024  # (source: model, PutMetricAlarm)


def alarms_with(runbook: str) -> dict[str, Any]:
    """Properties of the alarms, by logical id, with the runbook at this address."""
    values = {"self:custom.stack": "s", "param:sweepMinutes": "4", "param:runbook": runbook}
    done = subprocess.run(
        ["node", "-e", MADE_AS_SET, json.dumps(values | {"file(./deploy/alarms.yml)": ALARMS})],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    made = json.loads(done.stdout)
    return {name: one["Properties"] for name, one in made.items() if one["Type"] == "AWS::CloudWatch::Alarm"}


def test_an_alarm_without_a_section_stops_the_deployment() -> None:
    entry = {"service": "send", "metric": "held", "statistic": "Sum", "says": "…"}
    done = subprocess.run(
        ["node", "-e", MADE_OF % json.dumps({"NewAlarm": entry})], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "deploy/alarms.yml, NewAlarm: docs/runbook.md has no section on it" in done.stderr


def test_every_alarm_of_our_own_watches_a_metric_that_the_code_writes(packaged: Packaged, counted: Counted) -> None:
    own: list[dict[str, Any]] = [
        alarm
        for alarm in packaged.of_type("AWS::CloudWatch::Alarm").values()
        if not alarm["Namespace"].startswith("AWS/")
    ]
    assert len(own) >= 8
    for alarm in own:
        ((function, name),) = [(one["Value"], alarm["MetricName"]) for one in alarm["Dimensions"]]
        assert counted(function, name), f"{function} writes no {name}"


def test_every_alarm_tells_the_topic(packaged: Packaged) -> None:
    assert packaged.resources["AlarmTopic"]["Type"] == "AWS::SNS::Topic"
    alarms = packaged.of_type("AWS::CloudWatch::Alarm")
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms.values())


@pytest.mark.parametrize(
    ("alarm", "function"),
    [("ProducerErrorsAlarm", "Producer"), ("SweeperSilentAlarm", "Sweeper"), ("StreamAlarm", "Claim")],
)
def test_an_alarm_watches_its_function(packaged: Packaged, alarm: str, function: str) -> None:
    watched = {"Name": "FunctionName", "Value": {"Ref": f"{function}LambdaFunction"}}
    assert packaged.resources[alarm]["Properties"]["Dimensions"] == [watched]


def test_every_alarm_on_a_metric_of_aws_watches_something_that_is_deployed(packaged: Packaged) -> None:
    watched = [
        dimension["Value"]
        for alarm in packaged.of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if alarm["Namespace"].startswith("AWS/")
    ]
    names = [value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0] for value in watched]
    assert names
    assert set(names) <= set(packaged.resources)


def test_only_the_alarm_of_a_silent_sweeper_rings_where_nothing_is_measured(packaged: Packaged) -> None:
    made = packaged.of_type("AWS::CloudWatch::Alarm")
    below = {name for name, alarm in made.items() if alarm["ComparisonOperator"] == "LessThanThreshold"}
    assert below == {name for name, alarm in made.items() if alarm["TreatMissingData"] == "breaching"}
    assert "SweeperSilentAlarm" in below


MADE_AS_SET = """
const values = JSON.parse(process.argv[1]);
require("./deploy/alarms.js")({ resolveVariable: async (name) => values[name] })
  .then((made) => console.log(JSON.stringify(made.Resources)));
"""
MISTAKES = {
    "no source": {"metric": "held", "statistic": "Sum", "says": "…"},
    "two sources": {"service": "send", "queue": "DeadLetters", "metric": "held", "statistic": "Sum", "says": "…"},
    "a column that there is not": {"service": "send", "metric": "held", "statistic": "Sum", "perods": 2, "says": "…"},
}
MADE_OF = """
const made = require("./deploy/alarms.js")({ resolveVariable: async (name) => name.startsWith("file") ? %s : "stack" });
made.then(() => process.exit(0), (error) => { console.error(error.message); process.exit(1); });
"""


@pytest.mark.parametrize("entry", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_table_stops_the_deployment_and_names_the_alarm(entry: dict[str, Any]) -> None:
    program = MADE_OF % json.dumps({"NewAlarm": entry})
    done = subprocess.run(["node", "-e", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "deploy/alarms.yml, NewAlarm" in done.stderr
