"""How long AWS's calls take, seen from the SDK."""

import time
from collections import defaultdict
from collections.abc import Iterator
from threading import get_ident
from typing import Any

from ops.accept.measures import Measure


class Calls:
    """Listens to the events of SDK clients."""

    def __init__(self) -> None:
        self._began: dict[int, float] = {}
        self._took: dict[str, list[float]] = defaultdict(list)

    def listen_to(self, client: Any) -> None:
        client.meta.events.register("before-call", self._before)
        client.meta.events.register("after-call", self._after)

    def measures(self) -> Iterator[Measure]:
        """One for each operation, the most frequent first."""
        for name, took in sorted(self._took.items(), key=lambda one: -len(one[1])):
            yield Measure(f"{name}, from here", "ms", tuple(took))

    def _before(self, **_: Any) -> None:
        self._began[get_ident()] = time.monotonic()

    def _after(self, model: Any, **_: Any) -> None:
        name = f"{model.service_model.service_id} {model.name}"
        self._took[name].append(1000 * (time.monotonic() - self._began[get_ident()]))
