"""The runbook's sections for what concerns a month as a whole: it stops, says the wrong thing, or bounces."""

import json
import re

from local.rehearse.people import PEOPLE
from local.rehearse.rehearsal import Rehearsal
from local.stack import engine_pages
from tests.e2e.plays.duty import Duty, half_produced, load

MENDED_SENDER = "usage@example.com"


def stopped(duty: Duty, lines: list[list[str]]) -> None:
    """Five months, one after the other: each of the ways on is one's own."""
    ((status, again, recheck, accept, close),) = lines
    duty.paused()

    def next_month(people: tuple[str, ...]) -> Duty:
        nonlocal duty
        duty = Duty(duty.shell, Rehearsal(duty.deployment, duty.rehearsal.period.next, lambda _: None))
        load(duty, people)
        duty.rehearsal.produce()
        return duty

    load(duty, PEOPLE)
    duty.rehearsal.produce()
    assert duty.run_state() == "COMPLETED"

    next_month(PEOPLE[:4])
    assert "fewer" in duty.type(status)
    load(duty, PEOPLE)
    duty.type(again, answer=duty.period)
    assert (duty.run_state(), duty.statuses()) == ("COMPLETED", {"PENDING": 12})

    ses = duty.deployment.client("sesv2")
    ses.delete_email_identity(EmailIdentity=MENDED_SENDER)
    next_month(PEOPLE)
    assert duty.run_state() == "STOPPED"
    ses.create_email_identity(EmailIdentity=MENDED_SENDER)
    duty.type(recheck, answer=duty.period)
    assert (duty.run_state(), duty.statuses()) == ("COMPLETED", {"PENDING": 12})

    next_month(PEOPLE[:4])
    duty.type(accept, answer=duty.period)
    assert (duty.run_state(), duty.statuses()) == ("COMPLETED", {"PENDING": 4})

    next_month(PEOPLE[:1])
    duty.type(close)
    assert (duty.run_state(), duty.statuses()) == ("COMPLETED", {})


def pauses(duty: Duty, lines: list[list[str]]) -> None:
    """Of three sections, each the first thing to do."""
    (expired,), (missing, status), (bad_deployment,) = lines
    duty.paused()
    load(duty, PEOPLE[:1])
    duty.rehearsal.produce()
    for pause in (expired, missing, bad_deployment):
        duty.running()
        duty.type(pause)
        (reason,) = re.findall('--reason "(.+)"', pause)
        assert reason in duty.type("onlyonce status")
    duty.type(status)


def wrong_text(duty: Duty, lines: list[list[str]]) -> None:
    ((pause, halt, cancel, resume),) = lines
    duty.running()
    duty.type(pause)
    half_produced(duty, 5)
    duty.type(halt)
    assert duty.run_state() == "STOPPED"
    duty.type(cancel, answer="5")
    duty.type(resume)
    duty.settle()
    assert (duty.statuses(), duty.mailed()) == ({"CANCELLED": 5}, [])


def bounces(duty: Duty, lines: list[list[str]]) -> None:
    """One address bounces; another is on the list while its message still waits."""
    ((status, suppressed, scan, listed, cancel),) = lines
    engine_pages.set_ses(duty.deployment.url, outcomes=[{"to": "^bob@", "outcome": "bounce"}])
    duty.produced(sent=True)
    engine_pages.set_ses(duty.deployment.url, outcomes=[])
    assert duty.status("bob") == "BOUNCED"
    ses = duty.deployment.client("sesv2")
    duty.type(status)
    assert "Permanent/" in duty.type(scan)
    later = Duty(duty.shell, Rehearsal(duty.deployment, duty.rehearsal.period.next, lambda _: None))
    later.produced(sent=False)
    assert "1 of 12 messages" in later.type(suppressed)
    later.type(listed)
    later.type(cancel, answer="1")
    assert later.status("bob") == "CANCELLED"
    later.running()
    later.settle()
    assert later.mailed() == sorted(set(PEOPLE) - {"bob"})
    ses.delete_suppressed_destination(EmailAddress="bob@example.com")


def suspended(duty: Duty, lines: list[list[str]]) -> None:
    ((account,),) = lines
    engine_pages.set_ses(duty.deployment.url, enforcement="SHUTDOWN")
    assert json.loads(duty.type(account))["enforcement"] == "SHUTDOWN"
    engine_pages.set_ses(duty.deployment.url, enforcement=None)
    assert json.loads(duty.type(account))["enforcement"] == "HEALTHY"
