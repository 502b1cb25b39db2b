"""An update of a function leaves the invocations alone that are under way.

AWS (source: lambda-update): while a function is updated it can be invoked, with its previous code until the update is done. An
invocation that runs goes on to its end, in the environment that it began in.

MiniStack ends the function's processes at once, in the middle of what they do.
"""

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.engine.mending import replace


def invalidate_worker(
    func_name: str, qualifier: str | None = None, account: str | None = None, region: str | None = None
) -> None:
    """No further invocation goes to the function's workers. The idle ones end now, the others after their invocation."""
    wanted = (account, region, func_name, qualifier)
    with lambda_runtime._lock:
        pools = lambda_runtime._workers
        keys = [key for key in pools if all(w in (None, has) for w, has in zip(wanted, key.split(":"), strict=True))]
        outdated = [worker for key in keys for worker in pools.pop(key)]
        for worker in outdated:
            worker.outdated = True
        idle = [worker for worker in outdated if not worker.in_use]
    lambda_runtime.kill_workers(idle)


def end_if_outdated(worker: Any) -> None:
    """After its invocation: nobody leases it again."""
    if getattr(worker, "outdated", False):
        lambda_runtime.kill_workers([worker])


def mend() -> None:
    """Put this in the place of MiniStack's, for updates by CloudFormation and by Lambda's own API."""
    replace(lambda_runtime, "invalidate_worker", invalidate_worker)
    replace(lambda_svc, "invalidate_worker", invalidate_worker)
