"""The commit on which something was measured."""

import subprocess

from local.stack.embedded_aws import ROOT


def measured_commit() -> str:
    """The commit that is checked out; with a + if a tracked file differs from it."""
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        return f"{commit}+" if _git("status", "--porcelain", "--untracked-files=no") else commit
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
