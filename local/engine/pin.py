"""The one MiniStack release that the mends were written against."""

from importlib.metadata import PackageNotFoundError, version

MINISTACK_VERSION = "1.5.33"


class MiniStackVersionError(Exception):
    """The installed MiniStack is not the release that the mends were written for."""


def check_version() -> None:
    """Refuse every other release: a mend on unknown code could be silently wrong."""
    try:
        installed = version("ministack")
    except PackageNotFoundError:
        raise MiniStackVersionError(
            "MiniStack is not installed for this interpreter. Install local/engine/requirements.txt into an "
            "environment of its own and start the engine with that environment's python."
        ) from None
    if installed != MINISTACK_VERSION:
        raise MiniStackVersionError(
            f"MiniStack {installed} is installed, but the mends were written for {MINISTACK_VERSION}. Install "
            f"ministack=={MINISTACK_VERSION} (local/engine/requirements.txt), or review every module of "
            "local/engine/mends against the new release, run tests/conformance, and change local/engine/pin.py."
        )
