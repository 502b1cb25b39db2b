"""What is logged, as one reads it in CloudWatch."""

import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.aws.powertools import PowertoolsTelemetry
from shared.errors import StoreUnavailableError


@pytest.mark.parametrize(
    "said",
    [
        "Email address is not verified. The following identities failed the check in region US-EAST-1: ann@example.com",
        "the address is malformed: 'ann@example.com,bob@example.com'",
        "<ann@xn--bcher-kva.example> is on the suppression list (ann+usage@other.test)",
    ],
)
def test_a_reason_names_no_recipient(
    said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A logger of its own: Powertools keeps the stream that it met first.
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "onlyonce")
    PowertoolsTelemetry(said[:9]).refuse("send_refused", ValueError(said), message_id="0" * 32)
    logged = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (logged["message"], logged["error"], logged["message_id"]) == ("send_refused", "ValueError", "0" * 32)
    assert "…@…" in logged["reason"]
    assert not any(name in logged["reason"] for name in ("ann", "bob", "example", "test"))


def test_what_is_counted_names_no_recipient_either(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause's reason goes with every message that is given back."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "onlyonce")
    PowertoolsTelemetry("counted").count(
        "release", message_id="0" * 32, reason="not verified: ann@example.com", claims=3
    )
    logged = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (logged["reason"], logged["message_id"], logged["claims"]) == ("not verified: …@…", "0" * 32, 3)


UNTRACED = f"Root=1-{'5' * 8}-{'e' * 24};Parent={'f' * 16};Sampled=0"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "onlyonce-prod")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", UNTRACED)
    PowertoolsTelemetry("others")._metrics.clear_metrics()  # a process has one set, and is one function's
    return io.StringIO()


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def measured(line: dict[str, Any]) -> dict[str, list[float]]:
    """What CloudWatch reads out of a line, all of it with one dimension (source: emf-format)."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("onlyonce-prod", [["service"]])
    return {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]}


def test_a_line_says_each_thing_once(lines: io.StringIO) -> None:
    telemetry = PowertoolsTelemetry("once", stream=lines)
    telemetry.count("claim", message_id="0" * 32)
    telemetry.refuse("claim_refused", ValueError("why"))
    assert [list(line) for line in read(lines)] == [
        ["level", "message", "timestamp", "message_id"],
        ["level", "message", "timestamp", "reason", "error"],
    ]
    at = datetime.fromisoformat(read(lines)[0]["timestamp"])
    assert at.utcoffset() == timedelta(0), "else Lambda takes its own (source: lambda-log-levels)"


def test_a_trace_is_named_where_x_ray_keeps_it(lines: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    telemetry = PowertoolsTelemetry("traced", stream=lines)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", UNTRACED.replace("Sampled=0", "Sampled=1"))
    telemetry.count("claim")
    assert read(lines)[0]["xray_trace_id"] == f"1-{'5' * 8}-{'e' * 24}"


def test_a_line_may_be_its_own_metric(lines: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = PowertoolsTelemetry("in-line", counts_in_line=True, stream=lines)
    telemetry.count("mark_bounced", message_id="0" * 32)
    telemetry.refuse("reputation_uncounted", StoreUnavailableError())
    telemetry.debug("feedback_known")
    telemetry.flush()
    assert capsys.readouterr().out == ""
    told = read(lines)
    assert [measured(line) for line in told] == [{"mark_bounced": [1.0]}, {"reputation_uncounted": [1.0]}]
    assert [(line["level"], line["service"]) for line in told] == [("INFO", "in-line"), ("WARNING", "in-line")]
    assert told[0]["message_id"] == "0" * 32


def test_others_write_the_metrics_of_an_invocation_together(
    lines: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry = PowertoolsTelemetry("together", stream=lines)
    for _ in range(3):
        telemetry.count("mark_sent")
    telemetry.gauge("wake_late_ms", 12)
    telemetry.flush()
    telemetry.flush()
    assert not any("_aws" in line for line in read(lines))
    (line,) = capsys.readouterr().out.splitlines()
    assert measured(json.loads(line)) == {"mark_sent": [1.0, 1.0, 1.0], "wake_late_ms": [12.0]}
