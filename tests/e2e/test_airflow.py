"""The DAG in a real Airflow, by `airflow dags test`, on a deployed stage that is Airflow's: engine: airflow."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.airflow.airflow import DAG, POOL, PROGRAM, Airflow, AirflowError
from local.airflow.month import PARAMETERS
from local.month.audit import audit
from local.month.outbox_view import OutboxView
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.stack import passing_stack
from local.usage import bucket, csv_file
from local.usage.choice import UsageChoice, choose
from shared.outbox.states import ACCEPTED
from shared.periods import Period

if not PROGRAM.exists():
    pytest.skip("Airflow is not installed here: `make test` does it", allow_module_level=True)
SEPTEMBER, OCTOBER = Period.parse("2026-09"), Period.parse("2026-10")
RATE = 100.0


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    parameters = {**PARAMETERS, "maxChange": "0.2"}
    with passing_stack(tmp_path_factory.mktemp("stack"), print, parameters) as deployment:
        engine_pages.set_ses_rate(deployment.url, RATE)
        yield deployment


@pytest.fixture(scope="module")
def airflow(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """With a database; none of its processes runs."""
    airflow = Airflow(
        tmp_path_factory.mktemp("airflow"), deployment.url, print, variables={"onlyonce_chunk_rows": "25"}
    )
    airflow.run("db", "migrate")
    airflow.run("pools", "set", POOL, "4", "a test")
    return airflow


@pytest.fixture(scope="module")
def usage(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> UsageChoice:
    """Sixty users in September, of whom some are there in October no more: too few for `maxChange`."""
    path = tmp_path_factory.mktemp("usage") / "usage.csv"
    choice = choose("", str(SEPTEMBER), 60, path)
    events = list(csv_file.read(path))
    gone = sorted(choice.expectation.mails)[:30]
    kept = [event for event in events if event.user_id not in gone]
    moved = [event._replace(used_at=event.used_at.replace(month=10)) for event in kept if event.used_at.month == 9]
    name = deployment.outputs()["UsageBucketName"]
    bucket.load(deployment.client("s3"), name, [*events, *moved])
    return choice


def mails(airflow: Airflow, period: Period, **conf: object) -> str:
    """A whole run of the DAG in one process; what it told. Raises AirflowError if it fails."""
    return airflow.run("dags", "test", DAG, "-c", json.dumps({"period": str(period), **conf}))


def test_a_month_is_sent_once_however_often_the_dag_runs(
    deployment: Deployment, airflow: Airflow, usage: UsageChoice
) -> None:
    mails(airflow, SEPTEMBER)
    found = audit(engine_pages.mails(deployment.url), usage.expectation, SEPTEMBER, ())
    assert found.exactly_once
    assert found.sent == 60
    mails(airflow, SEPTEMBER)
    assert audit(engine_pages.mails(deployment.url), usage.expectation, SEPTEMBER, ()).sent == 60


def test_a_month_that_should_not_go_out_unseen_fails_with_its_reason_and_goes_on_when_it_is_accepted(
    deployment: Deployment,
    airflow: Airflow,
    usage: UsageChoice,  # noqa: ARG001  # it is loaded
) -> None:
    outbox = OutboxView(deployment, OCTOBER)
    with pytest.raises(AirflowError) as failed:
        mails(airflow, OCTOBER)
    assert "fewer: 30 rows, the month before had 60" in failed.value.said
    assert "onlyonce produce 2026-10 --accept fewer" in failed.value.said
    assert sum(outbox.statuses().values()) == 0
    mails(airflow, OCTOBER, accept=["fewer"])
    assert set(outbox.statuses()) <= set(ACCEPTED)
    assert sum(outbox.statuses().values()) == 30
    assert len(list(engine_pages.mails(deployment.url))) == 90


def test_a_stage_that_is_not_there_is_told_as_such(deployment: Deployment, tmp_path: Path) -> None:
    airflow = Airflow(tmp_path, deployment.url, print, variables={"onlyonce_stage": "nowhere"})
    airflow.run("db", "migrate")
    with pytest.raises(AirflowError) as failed:
        mails(airflow, SEPTEMBER)
    assert "the function onlyonce-nowhere-producer can't be looked at" in failed.value.said
