"""The meter of the embedded AWS: what AWS would charge for, whatever runs on it."""

from typing import Any

from botocore.config import Config

from local.stack import engine_pages
from local.stack.deployment import Deployment
from ops.bill.metered import Metered

AGENT = "onlyonce/unmetered"
UNMETERED = Config(user_agent_extra=AGENT)
"""For the clients of somebody who only watches: what they ask is not counted. `deployment.client(name, user_agent_extra=AGENT)`
does the same.
"""


class Meter:
    """Of one embedded AWS, all accounts and regions together."""

    def __init__(self, where: Deployment | str) -> None:
        self._url = where if isinstance(where, str) else where.url

    def reset(self) -> None:
        """Begin to count anew."""
        engine_pages.reset_meter(self._url)

    def read(self) -> Metered:
        """What was counted since. Functions and executions that are under way count when they end."""
        return Metered(**_known(engine_pages.metered(self._url)))


def _known(snapshot: dict[str, Any]) -> dict[str, Any]:
    return {name: snapshot[name] for name in Metered.__dataclass_fields__}
