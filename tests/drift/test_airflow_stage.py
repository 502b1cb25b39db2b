"""deploy/airflow.js: a stage that is Airflow's. Its functions begin nothing, and a policy lets the DAG do what they would."""

import json

import pytest

from tests.drift.conftest import KEY, Packaged, package
from tests.drift.policies import attached, listed, pairs, role_of, statements_of

OF_LAMBDA = ("logs:", "states:", "sqs:", "lambda:", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream",
             "dynamodb:ListStreams")  # fmt: skip
"""What Lambda does in a function's name, and what other functions and executions are started with."""
ROLES = {"producer": "ProducerRole", "claim": "ClaimRole", "send": "SendRole"}
POLICY_AT_MOST = 6_144
"""Characters of a managed policy, without white space (source: iam-policy-size)."""


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    return package(tmp_path_factory.mktemp("packaged"), "engine=airflow", f"kmsKey={KEY}")


def of_policy(stage: Packaged) -> list[dict[str, object]]:
    (policy,) = stage.of_type("AWS::IAM::ManagedPolicy").values()
    statements: list[dict[str, object]] = policy["PolicyDocument"]["Statement"]
    return statements


def test_neither_schedule_nor_stream_begins_anything(stage: Packaged) -> None:
    assert stage.resources["MonthlySchedule"]["Properties"]["State"] == "DISABLED"
    (stream,) = stage.of_type("AWS::Lambda::EventSourceMapping").values()
    assert stream["Enabled"] is False
    assert stage.resources["SweeperSchedule"]["Properties"].get("State", "ENABLED") == "ENABLED"


def test_airflow_may_do_what_the_functions_may(stage: Packaged) -> None:
    theirs = {
        pair
        for function, role in ROLES.items()
        for pair in pairs([*statements_of(role_of(stage, function)), *attached(stage, role)])
        if not pair[0].startswith(OF_LAMBDA)
    }
    own = set(pairs(of_policy(stage)))
    assert theirs - own == set()
    assert {action for action, _ in own - theirs} == {"lambda:GetFunctionConfiguration", "dynamodb:Query"}


def test_it_may_not_start_what_takes_its_place(stage: Packaged) -> None:
    actions = {action for statement in of_policy(stage) for action in listed(statement["Action"])}
    assert actions.isdisjoint({"lambda:InvokeFunction", "states:StartExecution"})


def test_the_policy_is_not_too_long(stage: Packaged) -> None:
    (policy,) = stage.of_type("AWS::IAM::ManagedPolicy").values()
    assert len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) < POLICY_AT_MOST


def test_other_stages_have_no_such_policy(packaged: Packaged) -> None:
    assert packaged.of_type("AWS::IAM::ManagedPolicy") == {}
    (stream,) = packaged.of_type("AWS::Lambda::EventSourceMapping").values()
    assert stream["Enabled"] is True


def test_what_is_told_twice_is_told_alike(stage: Packaged) -> None:
    """The DAG puts the settings of three functions together."""
    environments = [stage.function(name)["Environment"]["Variables"] for name in ROLES]
    for one in environments:
        for other in environments:
            assert {name: one[name] for name in one.keys() & other.keys()} == {
                name: other[name] for name in one.keys() & other.keys()
            }
