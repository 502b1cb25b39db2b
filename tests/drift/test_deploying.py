"""docs/deploying.md, docs/limits.md ↔ mail/stages.yml, serverless.yml: settings, defaults, what is computed from them."""

import re

from docs.quotas import HEADROOM
from local.stack.stage_settings import settings_of
from ops.bill.units import STREAM_BATCH
from tests.drift.documents import ROOT

TOLD = dict(re.findall(r"^\| `(\w+)` \| `?(.+?)`? \|", (ROOT / "docs/deploying.md").read_text(), re.MULTILINE))
NONE = "(none)"
DEFAULTS = settings_of("default")


def test_each_setting_is_told_with_its_default() -> None:
    told = {name: "" if default == NONE else default for name, default in TOLD.items()}
    assert told == {name: str(default) for name, default in DEFAULTS.items()}


def test_what_is_computed_starts_from_what_is_deployed() -> None:
    assert float(DEFAULTS["headroom"]) == HEADROOM
    assert re.findall(r"batchSize: (\d+)", (ROOT / "serverless.yml").read_text()) == [str(STREAM_BATCH)]
