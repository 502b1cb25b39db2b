"""What is logged, as one reads it in CloudWatch."""

import json

import pytest

from shared.aws.powertools import PowertoolsTelemetry


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
