"""Where an execution is in its state machine."""

import json
from typing import Any


class Position:
    """All that is needed to go on from here; it can be written as JSON."""

    def __init__(self, state: str | None, state_input: Any) -> None:
        self.state = state
        self.input = state_input
        self.entered_at: str | None = None
        self.wake_at: float | None = None
        self.retries: dict[int, int] = {}
        self.variables: dict[str, Any] = {}

    def to_json(self) -> str:
        """For the journal."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str) -> "Position":
        """From the journal."""
        position = cls(None, None)
        vars(position).update(json.loads(text))
        position.retries = {int(index): count for index, count in position.retries.items()}
        return position
