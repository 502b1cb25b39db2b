"""The deployment tool, for what `Deployment` has no method."""

import os
import subprocess
from pathlib import Path

from local.stack.deployment import Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated


def osls(deployment: Deployment, *words: str, checkout: Path = ROOT) -> str:
    """Runs it in that checkout, for stage local; what it printed. AssertionError if it fails."""
    done = subprocess.run(
        [f"{ROOT}/node_modules/.bin/osls", *words, "--stage", "local"],
        cwd=checkout, env=isolated(os.environ, deployment.url), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
