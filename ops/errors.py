"""Why a command did nothing."""


class RefusedError(Exception):
    """Nothing was done; the message says why, and what to do instead."""
