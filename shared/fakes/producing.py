"""What the producer reads from and lists rejects in."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.fakes.wire import Wire


@dataclass
class FakeAthena:
    """The usage query's rows, as a test has them."""

    result: list[dict[str, str | None]]
    wire: Wire

    def rows(self, sql: str, parameters: Mapping[str, Any], token: str) -> Iterator[dict[str, str | None]]:  # noqa: ARG002
        yield from self.wire.call("athena.GetQueryResults", lambda: copy.deepcopy(self.result))


@dataclass
class FakeRejects:
    """Keeps the lists of rejected rows."""

    wire: Wire
    stored: dict[str, list[Any]] = field(default_factory=dict)

    def store(self, period: Any, rows: Any) -> str:
        def carry_out() -> str:
            self.stored[str(period)] = list(rows)
            return f"s3://rejects/{period}"

        return self.wire.call("s3.PutObject", carry_out)
