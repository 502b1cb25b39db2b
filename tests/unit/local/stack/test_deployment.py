"""What is told of a deployment that failed: the tool's own reason, not the list of resources before it."""

from pathlib import Path
from typing import Any

import pytest

from local.stack import deployment
from local.stack.deployment import Deployment, DeploymentError

_FAILING = """#!/bin/sh
echo "  CREATE_IN_PROGRESS - AWS::SES::ConfigurationSet - MailConfigurationSet"
printf '\\nError:\\nUPDATE_FAILED: %s\\nParse error on line 28\\n\\nView the full error: https://console.example\\n' "{what}"
exit 1
"""


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The error of a deployment that ends with that reason."""

    def error(what: str) -> str:
        tool = tmp_path / "osls"
        tool.write_text(_FAILING.format(what=what))
        tool.chmod(0o755)
        monkeypatch.setattr(deployment, "_OSLS", tool)
        monkeypatch.setattr(deployment, "_LOCK", tmp_path / "lock")
        monkeypatch.setattr(deployment, "ZIP", tool)
        with pytest.raises(DeploymentError) as failed:
            Deployment("http://127.0.0.1:1").deploy(tmp_path / "deploy.log")
        return str(failed.value)

    return error


def test_the_reason_is_told_and_nothing_else(failing: Any) -> None:
    first, *rest = failing("OutboxTable (AWS::DynamoDB::Table)").splitlines()
    assert first.startswith("osls deploy ended with status 1; from the end of ")
    assert rest == ["UPDATE_FAILED: OutboxTable (AWS::DynamoDB::Table)", "Parse error on line 28"]
