"""The parameters of serverless.yml."""

from functools import cache
from typing import Any

import yaml

from tests.drift.documents import ROOT


@cache
def parameters() -> dict[str, Any]:
    """From a parameter to its default."""
    head = (ROOT / "serverless.yml").read_text().partition("\ncustom:")[0]  # what follows has CloudFormation's tags
    found: dict[str, Any] = yaml.safe_load(head)["params"]["default"]
    return found
