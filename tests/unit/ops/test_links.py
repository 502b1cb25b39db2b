"""Where AWS's console has a message."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ops.links import links
from shared.keys import Key, to_tag
from shared.store import Item
from tests.unit.ops.doctor.answers import STAGE

KEY = Key("ann", "2026-10")
TIMES = [datetime(2026, 11, 1, 6, 0, tzinfo=UTC), datetime(2026, 11, 1, 8, 0, tzinfo=UTC)]


@pytest.fixture(autouse=True)
def in_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    outputs = {**STAGE.outputs, "SendStateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:send"}
    monkeypatch.setattr("tests.unit.ops.test_links.STAGE", replace(STAGE, outputs=outputs))


def test_its_last_execution_is_the_one_that_its_item_names() -> None:
    _, execution = links(STAGE, KEY, {"execution": "44-abc"}, TIMES)
    assert execution.address == (
        "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/"
        "arn:aws:states:eu-west-1:123456789012:execution:send:44-abc"
    )


def test_the_logs_are_searched_around_its_story() -> None:
    logs, *_ = links(STAGE, KEY, {}, TIMES)
    head, _, detail = logs.address.partition("#")
    assert head == "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
    unpacked = re.sub(
        r"\$25(..)", lambda sign: chr(int(sign[1], 16)), detail.removeprefix("logsV2:logs-insights$3FqueryDetail$3D")
    )
    assert unpacked.startswith(
        "~(end~'2026-11-01T09*3a00*3a00.000Z~start~'2026-11-01T05*3a00*3a00.000Z~timeType~'ABSOLUTE~"
    )
    assert f"like*20*27{KEY.message_id}*27" in unpacked
    assert unpacked.endswith("source~(~'*2faws*2flambda*2fproducer~'*2faws*2flambda*2fclaim~'*2faws*2flambda*2fsend"
                             "~'*2faws*2flambda*2fsweeper~'*2faws*2flambda*2ffeedback))")  # fmt: skip
    assert not set(detail) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$*-_.:")


def test_where_airflow_sends_step_functions_has_no_execution() -> None:
    assert (
        len(links(replace(STAGE, outputs={**STAGE.outputs, "Engine": "airflow"}), KEY, {"execution": "44-abc"}, TIMES))
        == 1
    )


@pytest.mark.parametrize("item", [{}, {"execution": ""}, {"execution": "a/../b"}, {"execution": 7.5}])
def test_a_message_that_nobody_has_claimed_had_no_execution(item: Item) -> None:
    assert [link.name for link in links(STAGE, KEY, item, TIMES)] == ["Its lines in the logs"]


def test_on_the_embedded_aws_its_mails_are_in_the_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    (inbox,) = links(STAGE, Key("a/b c", "2026-10"), {"execution": "44-abc"}, TIMES)
    assert inbox.address == f"http://127.0.0.1:4566/_onlyonce/mail?q={to_tag('a/b c')}"


def test_a_stage_without_a_state_machine_has_none() -> None:
    assert links(replace(STAGE, outputs={}), KEY, {"execution": "44-abc"}, TIMES) == []
