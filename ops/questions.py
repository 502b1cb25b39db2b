"""Questions to AWS that change nothing, each by the names that the SDK has for service and operation."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import UnreadableError
from ops.formatting import plain

Ask = Callable[..., dict[str, Any]]
"""Service, operation, and the operation's parameters by name. Raises UnreadableError."""
_READING = ("get_", "list_", "describe_", "test_render_", "simulate_")
_SES_EVERY_S = 1.0
"""The same question to SES (source: ses-one-a-second)."""


class Questions:
    """An `Ask`. `make` makes a service's client; several threads may ask at a time."""

    def __init__(
        self,
        make: Callable[[str], Any],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._make, self._clock, self._sleep = make, clock, sleep
        self._clients: dict[str, Any] = {}
        self._making = Lock()
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)
        self._asked_at: dict[str, float] = {}

    def __call__(self, service: str, operation: str, **given: Any) -> dict[str, Any]:
        if not operation.startswith(_READING):
            raise ValueError(f"{operation} is no question")
        if service == "sesv2":
            self._wait_for_turn(operation)
        try:
            return dict(getattr(self.client(service), operation)(**given))
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            why = plain(error.response["Error"].get("Message", ""))
            raise UnreadableError(f"{operation}: {code}: {why}", code) from error
        except BotoCoreError as error:
            raise UnreadableError(f"{operation}: {plain(error)}") from error

    def client(self, service: str) -> Any:
        """The service's client, made once."""
        with self._making:  # making a client is not safe among threads (source: sdk-threads)
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def _wait_for_turn(self, operation: str) -> None:
        with self._making:
            turn = self._turns[operation]
        with turn:
            wait = self._asked_at.get(operation, -_SES_EVERY_S) + _SES_EVERY_S - self._clock()
            if wait > 0 and operation in self._asked_at:
                self._sleep(wait)
            self._asked_at[operation] = self._clock()


def pages(ask: Ask, service: str, operation: str, key: str, **given: Any) -> Iterator[Any]:
    """Every entry under `key`, whatever number of pages it takes. Raises UnreadableError."""
    more = given
    while True:
        answer = ask(service, operation, **more)
        yield from answer[key]
        if not answer.get("NextToken"):
            return
        more = {**given, "NextToken": answer["NextToken"]}
