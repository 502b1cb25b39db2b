"""deploy/alarms.yml ↔ shared/telemetry.py: an alarm on a metric that nobody writes would never ring."""

import json
from typing import Any

import pytest

from handlers import sweeper
from local.embedded_aws import ROOT
from shared.aws.powertools import PowertoolsTelemetry
from shared.keys import Key
from shared.outbox.states import HELD
from shared.outbox.transitions import TRANSITIONS
from simulation.stack import PERIOD
from simulation.world import World
from tests.contract.protocol import item_in
from tests.drift.conftest import Packaged


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
            world.outbox(), world.campaign(), telemetry, world.clock, world.accounting(), world.runs(), producers, 5
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


FUNCTIONS = ("producer", "claim", "send", "sweeper", "feedback")
FILES = {name: [f"handlers/{name}.py"] for name in FUNCTIONS}
FILES["sweeper"].append("shared/sweeping/shards.py")
FILES["send"].append("shared/sending/slots.py")
SOURCES = {name: "".join((ROOT / file).read_text() for file in files) for name, files in FILES.items()}


def test_every_alarm_of_our_own_watches_a_metric_that_the_code_writes(packaged: Packaged) -> None:
    """A transition is counted by its name; everything else is a text in a file of the function's."""
    transitions = {one.name for one in TRANSITIONS if one.by == "sweeper"}
    own: list[dict[str, Any]] = [
        alarm
        for alarm in packaged.of_type("AWS::CloudWatch::Alarm").values()
        if not alarm["Namespace"].startswith("AWS/")
    ]
    assert len(own) >= 8
    for alarm in own:
        ((function, name),) = [(one["Value"], alarm["MetricName"]) for one in alarm["Dimensions"]]
        assert name in transitions or f'"{name}"' in SOURCES[function], f"{function} writes no {name}"


def test_every_alarm_tells_the_topic(packaged: Packaged) -> None:
    alarms = packaged.of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) >= 5
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms.values())


@pytest.mark.parametrize(
    ("alarm", "function"),
    [("ProducerAlarm", "Producer"), ("SweeperAlarm", "Sweeper"), ("StreamAlarm", "Claim")],
)
def test_an_alarm_watches_its_function(packaged: Packaged, alarm: str, function: str) -> None:
    watched = {"Name": "FunctionName", "Value": {"Ref": f"{function}LambdaFunction"}}
    assert packaged.resources[alarm]["Properties"]["Dimensions"] == [watched]
