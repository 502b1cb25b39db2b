"""Somebody new does what an operator has to, on a deployed stack, by the commands as README, operating and runbook print them."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.month import outbox_view
from local.rehearse import stages
from local.rehearse.people import PEOPLE, events
from local.rehearse.rehearsal import PARAMS, Rehearsal
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.stack import passing_stack
from local.usage import bucket
from shared.outbox.states import Status
from shared.periods import Period
from shared.rendering.tags import PERIOD_TAG
from tests.e2e.newcomer import Newcomer, newcomer

Begin = Callable[[str], Newcomer]
PAUSES_WITHIN_S = 2
"""As the runbook says."""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with passing_stack(tmp_path_factory.mktemp("newcomer"), lambda _: None, PARAMS) as deployment:
        deployment.client("lambda").invoke(
            FunctionName=deployment.outputs()["SweeperFunctionName"]
        )  # its first minutes are over
        yield deployment


@pytest.fixture
def begin(deployment: Deployment, tmp_path: Path) -> Begin:
    """Begin a month of one's own, on a stack where all is calm."""

    def begin(period: str) -> Newcomer:
        rehearsal = Rehearsal(deployment, Period.parse(period), lambda _: None)
        rehearsal.calm()
        return newcomer(tmp_path, deployment, rehearsal)

    return begin


def mails(someone: Newcomer) -> Counter[str]:
    """How many each user has of the month."""
    period = str(someone.rehearsal.period)
    found = [mail for mail in engine_pages.mails(someone.rehearsal.url) if mail["Tags"].get(PERIOD_TAG) == period]
    return Counter(mail["To"][0].partition("@")[0] for mail in found)


def test_stop_a_running_campaign_and_go_on(begin: Begin) -> None:
    someone = begin("2026-01")
    someone.rehearsal.load()
    someone.rehearsal.order("rate 1")
    someone.rehearsal.produce()
    someone.rehearsal.until(lambda statuses: statuses[Status.SENT] + statuses[Status.DELIVERED] > 0, "mails go out")
    assert "campaign │ running" in someone.types("onlyonce status")
    someone.types('onlyonce pause --reason "wrong text"')
    time.sleep(PAUSES_WITHIN_S)
    assert "wrong text" in someone.types("onlyonce status")
    someone.rehearsal.until(lambda statuses: not statuses[Status.SENDING], "SES is asked no more")
    stopped = mails(someone)
    assert 0 < stopped.total() < len(PEOPLE)
    time.sleep(3)
    assert mails(someone) == stopped
    someone.types("onlyonce resume")
    someone.rehearsal.settle()
    assert mails(someone) == Counter(PEOPLE)


def test_resolve_an_uncertain_message_both_ways(begin: Begin) -> None:
    """Who has it resent has a second mail, and that is said before; the other is taken for sent, and nobody is mailed."""
    someone = begin("2026-02")
    stages.uncertain(someone.rehearsal)
    one, other = sorted(someone.rehearsal.month.outbox.users(Status.UNCERTAIN))
    held = someone.types("onlyonce held --period 2026-10")
    assert one in held
    assert "lost" in held
    assert f"{one}@example.com" in someone.types("onlyonce show ann 2026-10 --reveal", user=one)
    resend = 'onlyonce resend ann 2026-10 --reason "they say they got nothing" --accept-risk'
    assert "gets a SECOND MAIL" in someone.types(resend, user=one)
    someone.rehearsal.settle()
    someone.types(
        'onlyonce assume-sent --all --period 2026-10 --reason "a missing mail is better than two"', answer="1\n"
    )
    assert mails(someone) == Counter([*PEOPLE, one])
    assert "no message is held" in someone.types("onlyonce held --period 2026-10")
    assert "a missing mail is better than two" in someone.types("onlyonce show ann 2026-10", user=other)


def test_redrive_failed_ones_after_mending_the_template(begin: Begin) -> None:
    """Somebody has edited it in SES, so that no mail can be rendered."""
    someone = begin("2026-03")
    break_the_template_of(someone)
    someone.rehearsal.settle()
    assert mails(someone) == Counter()
    assert "SES could not render it: Attribute 'first_name'" in someone.types("onlyonce held --period 2026-10")
    named = re.search(r"template │ (\S+)", someone.types("onlyonce show ann 2026-10"))
    assert named is not None
    someone.asks_aws("aws sesv2 delete-email-template --template-name TEMPLATE", TEMPLATE=named[1])
    someone.types("onlyonce produce 2026-10 --again", answer="2026-03\n")
    redrive = 'onlyonce redrive --all --period 2026-10 --error "could not render" --reason "the template is mended"'
    assert "12 of 12 messages → PENDING" in someone.types(redrive, answer="12\n")
    someone.rehearsal.settle()
    assert mails(someone) == Counter(PEOPLE)


def break_the_template_of(someone: Newcomer) -> None:
    """After the producer has looked at it, and before the first mail."""
    someone.rehearsal.load()
    someone.types('onlyonce pause --reason "wrong text"')
    someone.types("onlyonce produce 2026-10", answer=f"{someone.rehearsal.period}\n")
    sesv2 = someone.rehearsal.deployment.client("sesv2")
    (name,) = [one["TemplateName"] for one in sesv2.list_email_templates()["TemplatesMetadata"]]
    content = sesv2.get_email_template(TemplateName=name)["TemplateContent"]
    sesv2.update_email_template(TemplateName=name, TemplateContent={**content, "Subject": "Dear {{first_name}}"})
    someone.types("onlyonce resume")


@pytest.fixture(scope="module")
def month(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    """A month in which some have no mail: ann has unsubscribed, leo's address is none, SES rejects one, four are not reached."""
    rehearsal = Rehearsal(deployment, Period.parse("2026-10"), lambda _: None)
    rehearsal.calm()
    for order in ("mail suppressionlist eli@", "mail suppressionlist gus@", "mail bounce fay@", "mail bounce hal@"):
        rehearsal.order(order)
    rehearsal.order("reject --times 1")
    someone = newcomer(tmp_path_factory.mktemp("month"), deployment, rehearsal)
    someone.types('onlyonce unsubscribe ann --reason "asked by letter"')
    used = (one._replace(email="leo") if one.user_id == "leo" else one for one in events(rehearsal.period))
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], used)
    someone.types("onlyonce produce 2026-10", answer="2026-10\n")
    rehearsal.settle()
    return someone


def test_who_has_no_mail_and_why(month: Newcomer) -> None:
    status = month.types("onlyonce status 2026-10")
    assert "10 messages of 12 rows, 1 rejected (`rejected` lists them), 1 unsubscribed" in status
    assert re.search(r"│ leo │ +\d+ │ email │", month.types("onlyonce rejected 2026-10"))
    listed = month.types("onlyonce list 2026-10")
    (held,) = month.rehearsal.month.outbox.users(Status.FAILED)
    wrong = {"eli": "SUPPRESSED", "gus": "SUPPRESSED", "fay": "BOUNCED", "hal": "BOUNCED", held: "FAILED"}
    for user, what in wrong.items():
        assert re.search(rf"│ {user} │ 2026-10 │ {what} │ [^│]+ │ [^│ ][^│]+ │", listed), f"with a reason: {user}"
    assert held in month.types("onlyonce held --period 2026-10")
    assert "unsubscribed" in month.types("onlyonce preview ann 2026-10 --open", status=1)
    assert "rejected" in month.types("onlyonce preview ann 2026-10 --open", user="leo", status=1)
    delivered = set(PEOPLE) - wrong.keys() - {"ann", "leo"}
    assert not any(f"│ {user} │" in listed for user in delivered)
    assert mails(month).keys() == delivered | (wrong.keys() - {held})


def test_show_their_mail(month: Newcomer) -> None:
    user = month.rehearsal.month.outbox.users(Status.DELIVERED)[0]  # SES has rejected somebody's, by chance
    (page,) = re.findall(r"\S+\.html", month.types("onlyonce preview ann 2026-10 --open", user=user))
    (mail,) = [
        one
        for one in engine_pages.mails(month.rehearsal.url)
        if one["To"] == [f"{user}@example.com"] and one["Tags"].get(PERIOD_TAG) == "2026-10"
    ]
    shown = (month.folder / page).read_text()
    assert mail["Subject"] in shown
    assert mail["BodyText"].splitlines()[0] in shown


def test_send_me_a_test(month: Newcomer) -> None:
    before = month.rehearsal.month.outbox.statuses()
    month.types("onlyonce test-send --to me@example.com", answer="yes\n")
    (mail,) = [one for one in engine_pages.mails(month.rehearsal.url) if one["To"] == ["me@example.com"]]
    assert mail["Subject"].startswith("[TEST] Your October 2026 usage")
    assert month.rehearsal.month.outbox.statuses() == before


def test_the_report_for_the_boss(month: Newcomer) -> None:
    said = month.types("onlyonce report 2026-10 --open")
    (page,) = re.findall(r"\S+\.html", said)
    report = (month.folder / page).read_text()
    assert "<svg" in report
    assert "src=" not in report.replace('src="data:', ""), "it stands alone"
    assert "@example.com" not in report
    for outcome in ("BOUNCED", "SUPPRESSED", "FAILED"):
        assert outcome in report


def test_what_will_it_cost(begin: Begin) -> None:
    """Before it goes out. What is held of other months is found, too."""
    someone = begin("2026-04")
    someone.rehearsal.load()
    held = outbox_view.months(someone.rehearsal.deployment)
    said = someone.types("onlyonce preflight 2026-10", status=int(any(one[Status.FAILED] for one in held.values())))
    assert re.search(r"would get a message │ 1[12]\b", said)
    assert re.search(r"\$\d+\.\d\d for the month", said)
    assert re.search(r"│ [A-Z][^│]+ │ [\d,.]+ [^│]+ │ +\d+\.\d\d │", said), "item by item"


def test_when_will_it_be_done(begin: Begin) -> None:
    """At the instant that is named, but for what late wake-ups cost: at most a minute."""
    someone = begin("2026-05")
    someone.rehearsal.load()
    someone.rehearsal.order("rate 0.5")
    someone.rehearsal.produce()
    someone.rehearsal.until(lambda statuses: statuses[Status.SENT] + statuses[Status.DELIVERED] > 1, "mails go out")
    told_at = time.time()
    told = re.search(r"done by │ (\S+ \S+) UTC", someone.types("onlyonce status 2026-10"))
    assert told is not None
    someone.rehearsal.settle()
    accepted_at, _ = engine_pages.ses_times(someone.rehearsal.url)
    named_at = datetime.strptime(told[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert told_at < named_at.timestamp()
    assert abs(accepted_at[-1] - named_at.timestamp()) < 60
