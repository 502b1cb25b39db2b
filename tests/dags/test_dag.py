"""What Airflow itself makes of dags/monthly_email.py."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dags.chunks import AT_MOST
from local.airflow.airflow import POOL, PROGRAM
from local.stack.embedded_aws import ROOT
from local.stack.stage_settings import settings_of
from tests.contract.witness import serving

if not PROGRAM.exists():
    pytest.skip("Airflow is not installed here: `make test` does it", allow_module_level=True)
MAX_MAP_LENGTH = 1024
"""Airflow's core.max_map_length by default."""


def there(module: str, home: Path, **more: str) -> str:
    """What a module of these tests says in Airflow's environment."""
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        **more,
    }
    command = [str(PROGRAM.parent / "python"), "-m", f"tests.dags.{module}"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """As tests/dags/look.py tells it."""
    said = there("look", tmp_path_factory.mktemp("airflow"))
    told: dict[str, Any] = json.loads(said[said.index('{"structure"') :])
    return told


@pytest.fixture(scope="module")
def structure(look: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = look["structure"]
    return found


def test_the_folder_has_one_dag_and_no_error(structure: dict[str, Any]) -> None:
    assert structure["errors"] == {}
    assert structure["dags"] == ["monthly_email"]


def test_the_tasks_and_their_order(structure: dict[str, Any]) -> None:
    assert {name: task["after"] for name, task in structure["tasks"].items()} == {
        "query": [],
        "check": ["query"],
        "produce": ["check"],
        "chunks": ["check"],
        "send": ["chunks", "produce"],
        "settle": ["produce", "send"],
    }


def test_nobody_is_mailed_before_the_whole_month_was_looked_at(structure: dict[str, Any]) -> None:
    tasks = structure["tasks"]
    assert {name: tasks[name]["rule"] for name in ("produce", "chunks", "send")} == dict.fromkeys(
        ("produce", "chunks", "send"), "all_success"
    )


def test_what_tells_of_trouble_runs_whatever_became_of_the_tasks_before(structure: dict[str, Any]) -> None:
    tasks = structure["tasks"]
    assert tasks["check"]["rule"] == tasks["settle"]["rule"] == "all_done"


def test_only_chunks_are_mapped_and_sent_in_the_pool(structure: dict[str, Any]) -> None:
    tasks = structure["tasks"]
    assert [name for name, task in tasks.items() if task["mapped"]] == ["send"]
    assert [name for name, task in tasks.items() if task["pool"] == POOL] == ["send"]
    assert structure["pool"] == POOL
    assert AT_MOST < MAX_MAP_LENGTH / 2


def test_a_killed_task_is_tried_again(structure: dict[str, Any]) -> None:
    tasks = structure["tasks"]
    assert tasks["query"]["retries"] == 0  # Athena would answer with the query that has failed
    assert all(task["retries"] >= 5 for name, task in tasks.items() if name != "query")


def test_the_schedule_is_that_of_the_functions(structure: dict[str, Any]) -> None:
    """Scheduler's cron has a sixth field for the year, and a question mark for any day of the week."""
    default = settings_of("default")
    minute, hour, day, month, _, _ = default["schedule"].removeprefix("cron(").removesuffix(")").split()
    assert structure["schedule"] == [f"{minute} {hour} {day} {month} *", default["timeZone"]]
    assert structure["catchup"] is False


def test_its_page_tells_what_to_set_up(structure: dict[str, Any]) -> None:
    from_code = (ROOT / "dags/stage.py").read_text()
    for name in ("onlyonce_stage", "onlyonce_aws"):
        assert f'"{name}"' in from_code
        assert name in structure["doc"]
    assert all(structure["params"].values())


def test_its_query_is_the_producers_own(look: dict[str, Any]) -> None:
    """Athena refuses a token that comes back with any other parameter (source: athena-token)."""
    asked = look["asked"]
    assert asked["dag"] == asked["producer"]
    assert asked["dag"]["ClientRequestToken"]
    assert asked["then"] == "execute_complete"


def test_an_error_is_told_without_what_aws_has_quoted_of_a_row(look: dict[str, Any]) -> None:
    """Airflow logs an error with its causes; and one that is always the same is not tried again."""
    failed, never_better = look["raised"]
    assert (failed["kind"], never_better["kind"]) == ("AirflowException", "AirflowFailException")
    assert "UsageQueryError: it has failed" in failed["logged"]
    assert "example.com" not in failed["logged"] + never_better["logged"]


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("never answers", "SendUncertainError"),
        ("cuts the connection", "SendUncertainError"),
        ("answers half", "SendUncertainError"),
        ("answers 500", "SendUncertainError"),
        ("answers 429", "SendThrottledError"),
    ],
)
def test_one_ask_is_one_request_with_airflows_boto3_as_well(then: str, said: str, tmp_path: Path) -> None:
    """It is another version than the functions have (ADR 46)."""
    with serving(then) as witness:
        told = there("ask", tmp_path, AWS_ENDPOINT_URL=witness.url, AWS_MAX_ATTEMPTS="5", NO_PROXY="127.0.0.1")
    assert (told.split()[-1], witness.posts) == (said, 1)


def test_nothing_of_airflow_is_in_the_functions_zip() -> None:
    """Neither the DAG nor what only it needs."""
    packaged = (ROOT / "deploy/package.py").read_text()
    assert "dags" not in packaged
    own = {path for folder in ("handlers", "shared", "mail") for path in (ROOT / folder).rglob("*.py")}
    assert [path for path in own if "import airflow" in path.read_text() or "from airflow" in path.read_text()] == []
    assert "airflow" not in Path(ROOT / "requirements.txt").read_text()
