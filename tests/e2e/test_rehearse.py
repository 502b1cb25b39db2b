"""Some scenes, staged and played to their end on one deployed stack; what came of them is counted in the SES inbox."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.rehearse.people import PEOPLE
from local.rehearse.play import play
from local.rehearse.rehearsal import PARAMS, Rehearsal
from local.rehearse.scenes import SCENES
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.stack import passing_stack
from shared.periods import Period
from shared.rendering.tags import PERIOD_TAG


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A stack as `make rehearse` has it."""
    folder: Path = tmp_path_factory.mktemp("rehearse")
    with passing_stack(folder, lambda _: None, PARAMS) as deployment:
        yield deployment


def played(name: str, period: str, deployment: Deployment) -> tuple[str, Counter[str]]:
    """What the scene printed, and how many mails each user has."""
    printed: list[str] = []
    rehearsal = Rehearsal(deployment, Period.parse(period), printed.append)
    rehearsal.calm()
    SCENES[name].stage(rehearsal)
    play(SCENES[name], rehearsal)
    mails = [mail for mail in engine_pages.mails(deployment.url) if mail["Tags"][PERIOD_TAG] == period]
    return "\n".join(printed), Counter(mail["To"][0].partition("@")[0] for mail in mails)


def test_uncertain(deployment: Deployment) -> None:
    """A user whose message is resent has two mails, and nobody else has."""
    screen, mails = played("uncertain", "2026-07", deployment)
    assert "UNCERTAIN → SENT" in screen
    assert "gets a SECOND MAIL" in screen
    assert sorted(mails.values()) == [1] * 11 + [2]
    (twice,) = [user for user, count in mails.items() if count == 2]
    assert f"$ inbox {twice}" in screen


def test_heals(deployment: Deployment) -> None:
    screen, mails = played("heals", "2026-04", deployment)
    assert "2 UNCERTAIN, 10 SENT" in screen
    assert "12 DELIVERED" in screen
    assert mails == Counter(PEOPLE)


def test_stopped(deployment: Deployment) -> None:
    """Nothing goes out on a third of the data; with the rest everybody has one mail."""
    screen, mails = played("stopped", "2026-01", deployment)
    assert "the producer ended: STOPPED, 0 messages" in screen
    assert "fewer: 4 rows, the month before had 12" in screen
    assert mails == Counter(PEOPLE)
