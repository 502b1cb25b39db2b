"""deploy/usage.yml ↔ how old a stored result may be that a run takes."""

import re

from local.stack.embedded_aws import ROOT
from shared.producing.handed import RESULTS_KEPT


def test_a_result_is_taken_as_long_as_the_bucket_keeps_it() -> None:
    (days,) = re.findall(r"Prefix: athena/, ExpirationInDays: (\d+)", (ROOT / "deploy" / "usage.yml").read_text())
    assert RESULTS_KEPT.days == int(days)
