"""What a check finds."""

from dataclasses import dataclass
from enum import StrEnum

PUT_BACK = (
    "take it out of the template and deploy, put it back and deploy: CloudFormation overlooks what was deleted by hand"
)
"""What to do about a resource that is gone (source: cfn-drift)."""


class Mark(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    """Somebody should know it. The exit status stays 0."""
    WRONG = "wrong"
    """Mails do not go out as they should, or nobody would hear of it."""


@dataclass(frozen=True)
class Finding:
    """One line: what is there, and what to do about it."""

    mark: Mark
    says: str
    do: str = ""


def ok(says: str) -> Finding:
    return Finding(Mark.OK, says)


def warning(says: str, do: str) -> Finding:
    return Finding(Mark.WARNING, says, do)


def wrong(says: str, do: str) -> Finding:
    return Finding(Mark.WRONG, says, do)
