"""The state of every service but DynamoDB, on disk once a second if it changed."""

import json
import logging
import time

from ministack import app
from ministack.core import persistence

logger = logging.getLogger("persistence")
EVERY_S = 1.0
# A pass takes at most this part of the time.
LOAD = 0.05


class Snapshots:
    """Writes MiniStack's state files, whose format is its own."""

    def __init__(self) -> None:
        self._written: dict[str, int] = {}

    def run(self) -> None:
        """Write for ever; slow passes come more rarely."""
        while True:
            began = time.monotonic()
            self.write()
            time.sleep(max(EVERY_S, (time.monotonic() - began) / LOAD))

    def write(self) -> None:
        """Write the state of each service that changed; one that changes meanwhile is written the next time."""
        for service, get_state in app._build_persistence_save_dict().items():
            if service == "dynamodb":
                continue
            try:
                state = get_state()
                digest = hash(json.dumps(state, default=persistence._json_default))
            except (RuntimeError, TypeError) as error:
                logger.debug("Snapshot of %s put off: %s", service, error)
                continue
            if self._written.get(service) != digest:
                persistence.save_state(service, state)
                self._written[service] = digest
