"""Why a command did nothing."""


class RefusedError(Exception):
    """Nothing was done; the message says why, and what to do instead."""


class UnclearError(Exception):
    """The command can't be understood; the message says what of it."""
