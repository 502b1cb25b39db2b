"""A handler that is run by hand sees what the deployed function sees, and can reach no real account."""

import sys
from pathlib import Path

import pytest

from local import invoke
from local.invoke import Context, environment

URL = "http://127.0.0.1:4566"
FUNCTION = {
    "FunctionName": "onlyonce-local-send",
    "Environment": {"Variables": {"OUTBOX_TABLE": "onlyonce-local-outbox"}},
}


def test_it_sees_the_functions_variables_and_its_name() -> None:
    seen = environment({"PATH": "/bin"}, FUNCTION, URL)
    assert seen["OUTBOX_TABLE"] == "onlyonce-local-outbox"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "onlyonce-local-send"
    assert seen["PATH"] == "/bin"


@pytest.mark.parametrize("said_by", ["shell", "function"])
def test_it_can_reach_no_real_account(said_by: str) -> None:
    real = {
        "AWS_PROFILE": "prod",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": "https://aws.example",
        "HTTPS_PROXY": "p",
    }
    function = {**FUNCTION, "Environment": {"Variables": real if said_by == "function" else {}}}
    seen = environment(real if said_by == "shell" else {}, function, URL)
    assert seen["AWS_ENDPOINT_URL"] == URL
    assert seen["AWS_ACCESS_KEY_ID"] == "local"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"} & set(seen)


def test_the_time_that_is_left_is_the_functions() -> None:
    assert 59_000 < Context(60).get_remaining_time_in_millis() <= 60_000
    assert Context(0).get_remaining_time_in_millis() == 0


def test_nothing_is_run_where_no_stack_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(invoke, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["invoke", "sweeper"])
    assert invoke.main() == 2
    assert "make up" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["fetch"], "invalid choice: 'fetch'"),
        (["producer", "--event", "{period: 2026-10}"], "argument --event: it is not JSON: "),
    ],
)
def test_what_is_mistyped_is_said(
    typed: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["invoke", *typed])
    with pytest.raises(SystemExit) as ended:
        invoke.main()
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
