"""The format of what one release writes and another reads: a message, and a claim in the input of a send execution (ADR 30).

Raise KNOWN in one release and WRITTEN in the next: then what is in flight can be read by the release before as well.
"""

from collections.abc import Mapping
from typing import Any

from shared.errors import NewerFormatError

FORMAT = "format"
"""The attribute. What lacks it was made before it was kept, in the first format."""
FIRST = 1
WRITTEN = 1
"""The format of what this release makes."""
KNOWN = 1
"""The newest format that this release reads."""


def check(made: Mapping[str, Any]) -> None:
    """Raises NewerFormatError for what a later release has made: nothing else in it can be relied upon."""
    version = made.get(FORMAT)
    if isinstance(version, int) and version > KNOWN:
        raise NewerFormatError(version, KNOWN)
