"""A copy of what is deployed, for a test that deploys something else."""

import shutil
from pathlib import Path

from local.stack.deployment import ZIP
from local.stack.embedded_aws import ROOT


def copied(checkout: Path) -> Path:
    """The checkout, with all that osls reads, and the zip."""
    for name in ("deploy", "mail", "handlers"):
        shutil.copytree(ROOT / name, checkout / name)
    shutil.copy(ROOT / "serverless.yml", checkout)
    (checkout / "docs").mkdir()
    shutil.copy(ROOT / "docs/runbook.md", checkout / "docs")  # alarms lead to its sections
    (checkout / "node_modules").symlink_to((ROOT / "node_modules").resolve())
    (checkout / ".local").mkdir()
    shutil.copy(ZIP, checkout / ".local")
    return checkout
