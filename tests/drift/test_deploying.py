"""docs/deploying.md, docs/limits.md ↔ serverless.yml: parameters, their defaults, and what is computed from them."""

import re

from docs.quotas import HEADROOM, STREAM_BATCH
from tests.drift.documents import ROOT
from tests.drift.parameters import parameters

TOLD = dict(re.findall(r"^\| `(\w+)` \| `?(.+?)`? \|", (ROOT / "docs/deploying.md").read_text(), re.MULTILINE))
NONE = "(none)"


def test_each_parameter_is_told_with_its_default() -> None:
    told = {name: "" if default == NONE else default for name, default in TOLD.items()}
    assert told == {name: str(default) for name, default in parameters().items()}


def test_what_is_computed_starts_from_what_is_deployed() -> None:
    assert float(parameters()["headroom"]) == HEADROOM
    assert re.findall(r"batchSize: (\d+)", (ROOT / "serverless.yml").read_text()) == [str(STREAM_BATCH)]
