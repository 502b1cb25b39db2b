"""`onlyonce status --watch` as a process, on the deployed stack: a line at once, and Ctrl-C ends it without a word."""

import json
import os
import signal
import subprocess
import sys

from local.stack.deployment import Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stage_settings import STAGE


def test_ctrl_c_ends_it(fresh_deployment: Deployment) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "ops.main", "status", "--watch", "--json", "--stage", STAGE],
        cwd=ROOT, env=isolated(os.environ, fresh_deployment.url), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    rest, error = process.communicate(timeout=30)
    assert (process.returncode, rest, error) == (0, "", "")
    assert told["counts"]["waiting"] == 0
