"""Why a command did nothing."""

_MISSING = {"NotFoundException", "ResourceNotFoundException"}
"""What the services call that which is not there (source: botocore model)."""


class RefusedError(Exception):
    """Nothing was done; the message says why, and what to do instead."""


class UnavailableError(RefusedError):
    """Nothing was done: credentials, region, network, stage or period are unavailable; the message says what to do."""


class UnclearError(Exception):
    """The command can't be understood; the message says what of it."""


class UnreadableError(Exception):
    """AWS does not answer a question; the message says why."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code
        """AWS's word for it; "" if it comes from elsewhere."""

    @property
    def missing(self) -> bool:
        """What was asked for is not there."""
        return self.code in _MISSING
