from pathlib import Path

import pytest

from ops.doctor import version
from simulation.world import World
from tests.unit.ops.doctor.answers import Answers
from tests.unit.ops.office import Office


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This checkout's zip."""
    package = tmp_path / "onlyonce.zip"
    package.write_bytes(b"the zip")
    monkeypatch.setattr(version, "ZIP", package)
    return package


@pytest.fixture
def aws(office: Office, world: World) -> Answers:  # noqa: ARG001  # whose office it is
    return office.aws
