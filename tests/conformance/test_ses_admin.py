"""The engine's switches for its SES, and the figures that a test can hold a sender to."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.conformance.account import Account
from tests.conformance.ses_account import EventLog, SesAccount


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account of its own."""
    return SesAccount(aws)


def refused(ses: SesAccount) -> str:
    """The error code of a send, or "" if it was accepted."""
    try:
        ses.send()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_a_rate_can_be_a_fraction(ses: SesAccount) -> None:
    """At 4 in 10 seconds one send passes, and the next one only when its time has come."""
    ses.admin("PUT", {"rate": 0.4})
    assert ses.v2.get_account()["SendQuota"]["MaxSendRate"] == 0.4
    assert [refused(ses), refused(ses)] == ["", "TooManyRequestsException"]
    time.sleep(1.2)
    assert refused(ses) == "TooManyRequestsException"
    time.sleep(1.5)
    assert refused(ses) == ""


def test_the_bucket_holds_one_second(ses: SesAccount) -> None:
    """Of a burst, one second's worth is accepted; the figures count the rest by reason."""
    ses.admin("PUT", {"rate": 5})
    outcomes = [refused(ses) for _ in range(12)]
    figures = ses.admin("GET", query="?accepted_at=1&refused_at=1")
    assert outcomes[:5] == [""] * 5
    assert figures["accepted"] == outcomes.count("") == len(figures["accepted_at"]) == figures["most_in_any_second"]
    assert figures["refused"] == {"throttled": 12 - outcomes.count("")}
    assert len(figures["refused_at"]["throttled"]) == figures["refused"]["throttled"]
    assert min(figures["refused_at"]["throttled"]) > max(figures["accepted_at"][:5])


def test_no_daily_limit(ses: SesAccount) -> None:
    """A day of -1 is unlimited, one of 0 lets nothing through."""
    ses.admin("PUT", {"daily": 0})
    assert refused(ses) == "TooManyRequestsException"
    ses.admin("PUT", {"daily": -1})
    assert refused(ses) == ""
    assert ses.v2.get_account()["SendQuota"]["Max24HourSend"] == -1


def test_aws_can_shut_an_account_down(ses: SesAccount) -> None:
    """SHUTDOWN: AccountSuspendedException, and the account cannot resume by itself (botocore model)."""
    ses.admin("PUT", {"enforcement": "SHUTDOWN"})
    ses.v2.put_account_sending_attributes(SendingEnabled=True)
    account = ses.v2.get_account()
    assert (account["EnforcementStatus"], account["SendingEnabled"]) == ("SHUTDOWN", False)
    assert refused(ses) == "AccountSuspendedException"


def test_events_can_be_dropped_and_delayed(ses: SesAccount) -> None:
    """AWS promises neither that an event comes nor when."""
    log = EventLog(ses, "SEND")
    ses.admin("PUT", {"events": False})
    ses.send("dropped@example.com", ConfigurationSetName=log.configuration_set)
    time.sleep(0.3)
    ses.admin("PUT", {"events": True, "event_delay_s": 0.5})
    asked_at = time.monotonic()
    ses.send("late@example.com", ConfigurationSetName=log.configuration_set)
    (event,) = log.first(1)
    assert event["detail"]["mail"]["destination"] == ["late@example.com"]
    assert time.monotonic() - asked_at >= 0.5


def test_events_can_be_held_back_until_they_are_wanted(ses: SesAccount) -> None:
    """They come in their order once they are held no more, and not before."""
    log = EventLog(ses, "SEND", "DELIVERY")
    ses.admin("PUT", {"events_held": True})
    ses.send(ConfigurationSetName=log.configuration_set)
    time.sleep(0.6)
    with pytest.raises(AssertionError):
        log.first(1)
    ses.admin("PUT", {"events_held": False})
    assert [event["detail"]["eventType"] for event in log.first(2)] == ["Send", "Delivery"]


def test_a_setting_can_be_set_back(ses: SesAccount) -> None:
    """null is what it was at the start; the figures go on."""
    at_start = ses.admin("GET")["at_start"]
    ses.admin("PUT", {"rate": 7, "events_held": True, "enforcement": "PROBATION"})
    ses.send()
    figures = ses.admin("PUT", dict.fromkeys(at_start))
    assert {name: figures[name] for name in at_start} == at_start
    assert figures["accepted"] == 1


def test_templates_can_be_tried(ses: SesAccount) -> None:
    """Handlebars without a stored template: the parts, or which part and line is wrong."""
    parts = {"subject": "Hi {{name}}", "text": "one\n{{html.name}}\n"}
    data = {"name": "Ann", "html": {"name": "<Ann>"}}
    assert render(ses, parts, data) == (200, {"subject": "Hi Ann", "text": "one\n<Ann>\n"})
    status, missing = render(ses, {**parts, "text": "one\n{{html.nmae}}"}, data)
    assert (status, missing["part"], missing["line"]) == (400, "text", 2)
    assert missing["message"] == "Attribute 'html.nmae' is not present in the rendering data."
    status, malformed = render(ses, {**parts, "text": "one\n\n{{#if name}}"}, data)
    assert (status, malformed["part"], malformed["line"]) == (400, "text", 3)
    assert render(ses, parts, None)[0] == 400


def render(ses: SesAccount, parts: object, data: object) -> tuple[int, dict[str, object]]:
    """The HTTP status and the answer of the engine's own renderer."""
    status, text = ses.own_url("POST", "render", {"parts": parts, "data": data})
    assert text.startswith("{"), text
    return status, json.loads(text)


def test_everything_can_start_afresh(ses: SesAccount) -> None:
    """DELETE forgets figures and settings, and keeps the mails."""
    ses.admin("PUT", {"rate": 7})
    ses.send()
    figures = ses.admin("DELETE")
    assert (figures["rate"], figures["accepted"], figures["sent_last_24_hours"]) == (1000, 0, 0)
    assert len(ses.inbox()) == 1


@pytest.mark.parametrize(
    "setting",
    [{"rate": 0}, {"rate": "fast"}, {"daily": 1.5}, {"events": 1}, {"enforcement": "X"}, {"speed": 1}],
)
def test_a_wrong_setting_is_explained(ses: SesAccount, setting: dict[str, object]) -> None:
    """Nothing is changed, and the answer says what the setting can be."""
    status, text = ses.own_url("PUT", "ses", {"daily": 5, **setting})
    assert status == 400
    assert next(iter(setting)) in text
    assert ses.admin("GET")["daily"] == 1_000_000
