"""Is what is deployed whole, and is it this checkout's?"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from ops.doctor.deployed import FUNCTIONS, Deployed
from ops.doctor.finding import Finding, ok, warning, wrong

ROOT = Path(__file__).resolve().parents[2]
ZIP = ROOT / ".local" / "onlyonce.zip"
CHECKOUT = ROOT / "serverless.yml"
"""Is there where this is the code of a checkout, and not of an installed package."""
DEPLOY = "`make deploy STAGE=…`"


def stack(deployed: Deployed) -> Iterator[Finding]:
    """Whether the last deployment came to its end."""
    status = deployed.session.stage.status
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        yield ok(f"the stack {deployed.stack} is {status}")
    elif status == "UPDATE_ROLLBACK_COMPLETE":
        yield warning("the last deployment failed and was rolled back", f"mend it, then {DEPLOY}")
    elif status.endswith("_IN_PROGRESS"):
        yield warning(f"a deployment is under way: {status}", "ask again when it is over")
    else:
        yield wrong(f"the stack {deployed.stack} is {status}", "see its events in CloudFormation's console")


def code(deployed: Deployed) -> Iterator[Finding]:
    """Each function is there, can run, and has the zip of this checkout (source: lambda-code-hash)."""
    ours = b64encode(hashlib.sha256(ZIP.read_bytes()).digest()).decode() if ZIP.exists() else None
    other = []
    for name in FUNCTIONS:
        function = deployed.function(name)
        state, update = function.get("State", "Active"), function.get("LastUpdateStatus", "Successful")
        if (state, update) not in (("Active", "Successful"), ("Inactive", "Successful")):
            yield wrong(
                f"{name.lower()} is {state}, its last update {update}",
                f"{DEPLOY}, or see its page in Lambda's console",
            )
        if function["CodeSha256"] != ours:
            other.append(name.lower())
    if ours is None and not CHECKOUT.exists():
        yield warning(
            "the code can't be compared: this `onlyonce` is installed, and belongs to no checkout",
            "`.venv/bin/onlyonce doctor` in the checkout that was deployed",
        )
    elif ours is None:
        yield warning("the code can't be compared: this checkout has no .local/onlyonce.zip", "`make package`")
    elif other:
        yield warning(
            f"{', '.join(other)}: the code is not this checkout's",
            f"`make package`, then {DEPLOY}; or ask from the checkout that was deployed",
        )
    else:
        yield ok("all functions have this checkout's code")
