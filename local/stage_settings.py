"""The settings of a stage, as osls takes them from mail/stages.yml."""

from typing import Any

import yaml

from local.embedded_aws import ROOT

FILE = ROOT / "mail/stages.yml"


def settings_of(stage: str) -> dict[str, Any]:
    """Those under its name, and for the rest those under `default`."""
    stages = yaml.safe_load(FILE.read_text())
    return {**stages["default"], **stages.get(stage, {})}
