"""The settings of a stage, as osls takes them from mail/stages.yml."""

from typing import Any

import yaml

import mail
from local.stack.embedded_aws import ROOT
from shared.rendering.mail_kind import MailFiles

STAGE = "local"
"""The embedded AWS's."""
FILE = ROOT / "mail/stages.yml"


def settings_of(stage: str) -> dict[str, Any]:
    """Those under its name, and for the rest those under `default`."""
    stages = yaml.safe_load(FILE.read_text())
    return {**stages["default"], **stages.get(stage, {})}


def mail_files() -> MailFiles:
    """Of the kind of mail that the embedded AWS sends. Raises UnknownMailKindError."""
    return mail.files_of(settings_of(STAGE)["mailKind"])
