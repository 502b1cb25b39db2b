"""Two at the same work: the second is told who the first is."""

import os
from pathlib import Path

import pytest

from local.demo.lock import BusyError, only_process


def test_the_second_is_turned_away_until_the_first_has_ended(tmp_path: Path) -> None:
    with only_process(tmp_path / "lock"):
        with pytest.raises(BusyError) as refused, only_process(tmp_path / "lock"):
            pass
        assert refused.value.pid == str(os.getpid())
    with only_process(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
