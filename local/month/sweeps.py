"""The deployed sweeper, started every few seconds instead of every few minutes."""

import threading
from types import TracebackType

from botocore.exceptions import BotoCoreError, ClientError

from local.stack.deployment import Deployment

EVERY_S = 2.0
_TIMEOUT_S = 300


class Sweeps:
    """A context in which the sweeper runs again and again, and may be killed like everything else."""

    def __init__(self, deployment: Deployment, every_s: float = EVERY_S) -> None:
        self.done = 0
        """Sweeps that came to their end."""
        self._every_s = every_s
        self._function = deployment.outputs()["SweeperFunctionName"]
        self._lambda = deployment.client("lambda", read_timeout=_TIMEOUT_S)
        self._over = threading.Event()
        self._sweeping = threading.Thread(target=self._sweep, name="sweeps", daemon=True)

    def __enter__(self) -> "Sweeps":
        self._sweeping.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._sweeping.join()

    def _sweep(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                answer = self._lambda.invoke(FunctionName=self._function)
            except (BotoCoreError, ClientError):
                continue  # no sweep; what is wrong with the embedded AWS, the month itself tells
            self.done += not answer.get("FunctionError")
