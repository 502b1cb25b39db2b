"""Run in Airflow's environment: tells what Airflow makes of the DAG, and what its tasks would ask of AWS, as JSON."""

import json
import sys
import traceback
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from unittest import mock

import boto3
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.amazon.aws.hooks.athena import AthenaHook
from airflow.sdk.exceptions import AirflowException
from botocore.client import BaseClient

from dags import operators, producing
from dags.errors import without_values
from dags.monthly_email import POOL
from shared.aws.athena import Athena
from shared.errors import InvalidPeriodError, OnlyonceError, UsageQueryError
from shared.producing.query import Question


class Deferred(Exception):
    """The task waits in the triggerer."""


ADDRESS = "ann@example.com"
SQL = "SELECT 'a%' FROM usage"


def structure() -> dict[str, Any]:
    """Of the DAG, as the processor finds it in the folder."""
    bag = DagBag("dags")
    dag = bag.dags["monthly_email"]
    tasks = {
        task.task_id: {
            "after": sorted(task.upstream_task_ids),
            "rule": task.trigger_rule.value,
            "pool": task.pool,
            "retries": task.retries,
            "mapped": task.is_mapped,
        }
        for task in dag.tasks
    }
    return {
        "errors": {str(path): error for path, error in bag.import_errors.items()},
        "dags": sorted(bag.dags),
        "tasks": tasks,
        "schedule": [dag.timetable.expression, str(dag.timetable.timezone)],
        "catchup": dag.catchup,
        "pool": POOL,
        "doc": dag.doc_md,
        "params": {name: dag.params.get_param(name).description for name in dag.params},
    }


def asked() -> dict[str, Any]:
    """StartQueryExecution as the producer makes it, and as the DAG's query does."""
    requests: list[Any] = []

    def call(_: Any, operation: Any, request: Any, *__: Any) -> tuple[Any, dict[str, Any]]:
        if operation.name == "StartQueryExecution":
            requests.append(json.loads(request["body"]))
        return SimpleNamespace(status_code=200), {"QueryExecutionId": "q"}

    session = boto3.session.Session("key", "secret", region_name="us-east-1")
    athena = Athena(session, "usage", "onlyonce-prod", "s3://bucket/athena/")
    question = Question(SQL, "token")
    with mock.patch.object(BaseClient, "_make_request", call):
        athena.ask(*question)
        stage = SimpleNamespace(producer=SimpleNamespace(athena=athena, time_zone="UTC"))
        hook = AthenaHook(aws_conn_id=None, region_name="us-east-1")
        with (
            mock.patch.object(operators, "enter", return_value=stage),
            mock.patch.object(producing, "question", return_value=question),
            mock.patch.object(operators.UsageQuery, "hook", hook),
            mock.patch.object(operators.UsageQuery, "defer", side_effect=Deferred) as deferred,
            suppress(Deferred),
            mock.patch("airflow.providers.amazon.aws.operators.athena.AthenaQueryResultsLink"),
        ):  # fmt: skip
            operators.UsageQuery(task_id="query").execute({"params": {"period": "2026-10"}})
    return {"producer": requests[0], "dag": requests[1], "then": deferred.call_args.kwargs["method_name"]}


def raised(error: OnlyonceError) -> dict[str, str]:
    """What Airflow gets of an error of the product's, and what it would log of it."""
    try:
        with without_values():
            raise error from ValueError(f"Cannot cast '{ADDRESS}' to bigint")
    except AirflowException as found:
        return {"kind": type(found).__name__, "logged": "".join(traceback.format_exception(found))}


if __name__ == "__main__":
    told = {
        "structure": structure(),
        "asked": asked(),
        "raised": [raised(UsageQueryError("it has failed")), raised(InvalidPeriodError("2026-13 is no month"))],
    }
    json.dump(told, sys.stdout)
