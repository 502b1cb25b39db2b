"""How far a mapping has come in its stream."""

import threading
from collections.abc import Iterable

from ministack.services import dynamodb, lambda_svc


class Checkpoint:
    """The position of the first record that is not yet done, whatever is done after it.

    Kept where MiniStack keeps positions. After a restart reading resumes there, so that a record may come again but
    none is skipped.
    """

    def __init__(self, mapping_id: str, table: str) -> None:
        self._mapping_id, self._table = mapping_id, table
        self._lock = threading.Lock()
        self._finished: set[int] = set()
        self._position = 0

    def resume(self) -> int:
        """The position to read from: the checkpoint, or where the stream begins now."""
        with self._lock:
            saved = lambda_svc._dynamodb_stream_positions.get(self._mapping_id, 0)
            self._position = max(int(saved), int(dynamodb.stream_start_position(self._table)))
            return self._position

    def finish(self, positions: Iterable[int]) -> None:
        """Count these as done."""
        with self._lock:
            self._finished.update(positions)
            while self._position in self._finished:
                self._finished.remove(self._position)
                self._position += 1
            with lambda_svc._dynamodb_stream_positions_lock:
                lambda_svc._dynamodb_stream_positions[self._mapping_id] = self._position
