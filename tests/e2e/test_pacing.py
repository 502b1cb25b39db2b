"""The benchmark's measured half, small: the product keeps to the rate of SES, and the pacer is why."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bench.pacing import embedded
from bench.pacing.embedded import Sending
from local.usage.choice import choose

MESSAGES = 40
RATE = 5.0


def sending(folder: Path, *, paced: bool) -> Sending:
    choice = choose("", "2026-10", MESSAGES, folder / "usage.csv")
    with embedded.stack(folder, RATE, lambda _: None) as deployment:
        if not paced:
            embedded.turn_pacer_off(deployment, folder)
        return embedded.run(deployment, choice, RATE, Console(file=io.StringIO()))


@pytest.mark.parametrize("paced", [True, False])
def test_everybody_has_one_mail_at_the_rate_of_ses(tmp_path: Path, paced: bool) -> None:
    """With the pacer SES has (nearly) nothing to refuse; without it, more than it accepts a second."""
    came = sending(tmp_path, paced=paced)
    assert (came.duplicates, came.lost, came.waiting, came.executions_failed) == (0, 0, 0, 0)
    assert len(came.drain.accepted_at) == came.executions == MESSAGES
    assert came.drain.most_in_any_second <= 2 * RATE
    if paced:
        assert len(came.drain.refused_at) <= 1
    else:
        assert len(came.drain.refused_at) > RATE
