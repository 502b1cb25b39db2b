"""Users of every kind are forgotten in the middle of a month: nothing of them is left, and nobody is mailed twice or too much."""

import csv
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.month.month import Month
from local.month.sweeps import Sweeps
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.parameters import FASTER
from local.stack.stack import passing_stack
from local.usage import bucket, csv_file
from local.usage.choice import choose
from local.usage.csv_file import COLUMNS
from shared.outbox.states import Status as S
from shared.times import to_text, utc_now
from tests.conformance.account import eventually
from tests.e2e import traces
from tests.e2e.test_restored import done, mails, onlyonce

USERS, PERIOD, RATE = 40, "2026-10", 2
REJECTED = "a-rejected-one"
"""Not the last user: the run's cursor names that one."""
KINDS = (S.DELIVERED, S.SENT, S.BOUNCED, S.UNCERTAIN, S.FAILED, S.PENDING)
WHY = ("--reason", "asked us to", "--yes")
PLACES = (traces.logs, traces.metrics, traces.control, traces.outbox, traces.executions, traces.dead_letters,
          traces.rejected, traces.results)  # fmt: skip


def email(user: str) -> str:
    """As nobody else has it: every third address is a bad one."""
    if user == REJECTED:
        return f"no at of {user}"
    number = user.removeprefix("user-")
    return f"{'gone' if int(number) % 3 == 0 else 'here'}.{number}@example.com"


def marks(user: str) -> tuple[str, ...]:
    """What nothing else contains. Lists of rejected rows name the user, and no address."""
    return (email(user), user) if user == REJECTED else (email(user),)


@dataclass(frozen=True)
class Forgotten:
    """The stack when the month was over, and what was seen on the way."""

    deployment: Deployment
    month: Month
    users: dict[S, str]
    """One of each kind, as they were when they were forgotten."""
    exported: dict[str, Any]
    """What was known of the delivered one before."""
    mails: Counter[str]
    """As SES had accepted them by then."""
    traces: list[tuple[str, Any]]
    """What was left of them, right then."""
    said: dict[str, Any]


@pytest.fixture(scope="module")
def forgotten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forgotten]:
    folder = tmp_path_factory.mktemp("forgotten")
    with passing_stack(folder, lambda _: None, FASTER) as deployment:
        month = _half_a_month(deployment, folder)
        users = _one_of_each(deployment)
        exported = json.loads(done(deployment, "export", users[S.DELIVERED]))
        before = mails(deployment)
        people = (*users.values(), REJECTED)
        said = {user: json.loads(done(deployment, "forget", user, *WHY, "--json")) for user in people}
        left = [
            (place.__name__, found) for place in PLACES for found in place(deployment)
            for user in people for mark in marks(user) if mark in json.dumps(found, default=str, ensure_ascii=False)
        ]  # fmt: skip
        _end(deployment, month)
        yield Forgotten(deployment, month, users, exported, before, left, said)


def _half_a_month(deployment: Deployment, folder: Path) -> Month:
    """Produced, and paused when there is a message of each kind."""
    rules = [{"to": "^gone", "outcome": "bounce"}]
    engine_pages.set_ses(deployment.url, rate=RATE, daily=-1, outcomes=rules, events=False)
    choice = choose(str(_usage(folder)), PERIOD, 1, folder / "usage.csv")
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    engine_pages.begin_storm(
        deployment.url, drop_ses_answers=1.0, at_most={"dropped_answers": 1, "rejected": 0}, reject_ses=0.0
    )
    month = Month(deployment, choice.period, lambda _: None)
    month.produce()
    eventually(lambda: month.outbox.statuses()[S.UNCERTAIN] and month.outbox.statuses()[S.SENT] >= 2, within_s=60)
    engine_pages.begin_storm(deployment.url, reject_ses=1.0, at_most={"rejected": 1})
    eventually(lambda: month.outbox.statuses()[S.FAILED], within_s=60)
    engine_pages.end_storm(deployment.url)
    engine_pages.set_ses(deployment.url, events=True)
    eventually(lambda: month.outbox.statuses()[S.DELIVERED] and month.outbox.statuses()[S.BOUNCED], within_s=60)
    done(deployment, "pause", "--reason", "half way")
    eventually(lambda: not any(month.outbox.statuses()[one] for one in (S.CLAIMED, S.SENDING)), within_s=90)
    return month


def _usage(folder: Path) -> Path:
    path = folder / "my.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for user in (*(f"user-{number:03}" for number in range(USERS)), REJECTED):
            rows.writerow([user, email(user), "phone", "2026-10-31T23:59:59Z", "12.5"])
    return path


def _one_of_each(deployment: Deployment) -> dict[S, str]:
    found = {S(item["status"]["S"]): item["user_id"]["S"] for item in traces.outbox(deployment)}
    assert set(KINDS) <= set(found)
    return {kind: found[kind] for kind in KINDS}


def _end(deployment: Deployment, month: Month) -> None:
    done(deployment, "resume")
    with Sweeps(deployment):
        month.finish()


def test_nothing_is_left_of_them(forgotten: Forgotten) -> None:
    assert forgotten.traces == []


def test_there_was_something_to_forget(forgotten: Forgotten) -> None:
    """Also of the others, whose addresses are where they should be."""
    known = forgotten.exported
    assert known["query_results"][0]["row"]["email"] == email(forgotten.users[S.DELIVERED])
    assert [one["status"] for one in known["messages"]] == ["DELIVERED"]
    assert forgotten.said[REJECTED]["rejected_rows"] == 1
    assert sum(one["query_results"] for one in forgotten.said.values()) == 1
    assert forgotten.said[forgotten.users[S.UNCERTAIN]]["assumed_sent"] == 1
    cancelled = {kind for kind, user in forgotten.users.items() if forgotten.said[user]["cancelled"]}
    assert cancelled == {S.PENDING, S.FAILED}


def test_nobody_is_mailed_twice_and_who_was_not_never_is(forgotten: Forgotten) -> None:
    unsent = {forgotten.users[S.PENDING], forgotten.users[S.FAILED]}
    everybody = Counter(f"user-{number:03}" for number in range(USERS) if f"user-{number:03}" not in unsent)
    assert forgotten.mails <= everybody
    assert mails(forgotten.deployment) == everybody


def test_a_rerun_of_the_month_puts_nothing_and_finds_nothing_else(forgotten: Forgotten) -> None:
    before = mails(forgotten.deployment), forgotten.month.outbox.statuses()
    done(forgotten.deployment, "produce", PERIOD, "--again", "--yes")
    key = {"name": {"S": f"run#{PERIOD}"}}
    control = forgotten.deployment.outputs()["ControlTableName"]
    dynamodb = forgotten.deployment.client("dynamodb")
    run = eventually(
        lambda: (item := dynamodb.get_item(TableName=control, Key=key)["Item"])["state"]["S"] == "COMPLETED" and item,
        within_s=60,
    )
    assert (run["attempt"]["N"], run["fresh"]["N"], run["differing"]["N"]) == ("2", "0", "0")
    time.sleep(2)
    assert (mails(forgotten.deployment), forgotten.month.outbox.statuses()) == before


def test_the_accounts_add_up(forgotten: Forgotten) -> None:
    """A whole lap counts the forgotten as it counts the others, and finds nothing."""
    dynamodb, outputs = forgotten.deployment.client("dynamodb"), forgotten.deployment.outputs()
    control = outputs["ControlTableName"]
    dynamodb.delete_item(TableName=control, Key={"name": {"S": "accounting"}})  # the next sweep begins a lap
    forgotten.deployment.client("lambda").invoke(FunctionName=outputs["SweeperFunctionName"])
    items = {item["name"]["S"]: item for item in traces.control(forgotten.deployment)}
    assert items["accounting"]["unaccounted"]["N"] == "0"
    sums = {name: items[f"run#{PERIOD}"][f"settled_{name}"]["N"] for name in ("produced", "final", "held", "waiting")}
    assert sums == {"produced": str(USERS), "final": str(USERS), "held": "0", "waiting": "0"}


def test_to_forget_again_does_no_more_and_what_stays_is_the_story(forgotten: Forgotten) -> None:
    user = forgotten.users[S.DELIVERED]
    status, said = onlyonce(forgotten.deployment, "forget", user, *WHY, "--json")
    assert (status, json.loads(said)["messages"]) == (0, 0)
    (message,) = json.loads(done(forgotten.deployment, "export", user))["messages"]
    assert not {"email", "data", "digest", "ses_message_id"} & message.keys()
    assert {"produce", "mark_sent", "forget"} <= message["history"].keys()
    assert message["decision"] == "asked us to"


def test_a_month_whose_messages_have_expired_is_mailed_to_nobody_again(forgotten: Forgotten) -> None:
    """DynamoDB has deleted them (TTL), and the run's record says that it may have: as fourteen months later."""
    deployment = forgotten.deployment
    dynamodb, outputs = deployment.client("dynamodb"), deployment.outputs()
    for item in traces.outbox(deployment):
        key = {name: item[name] for name in ("user_id", "period")}
        dynamodb.delete_item(TableName=outputs["OutboxTableName"], Key=key)
    dynamodb.update_item(
        TableName=outputs["ControlTableName"],
        Key={"name": {"S": f"run#{PERIOD}"}},
        UpdateExpression="SET expires_from = :now",
        ExpressionAttributeValues={":now": {"S": to_text(utc_now())}},
    )
    before = mails(deployment)
    status, said = onlyonce(deployment, "produce", PERIOD, "--again", "--yes")
    assert status == 1
    assert "its messages have expired or soon will, and everybody would be sent a second mail" in said
    onlyonce(deployment, "produce", PERIOD, "--yes")
    time.sleep(3)
    assert (mails(deployment), list(traces.outbox(deployment))) == (before, [])
