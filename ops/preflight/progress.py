"""How far a look is: a bar on a terminal, a line or two elsewhere, nothing beside JSON."""

from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops.formatting import when
from ops.preflight.question import Answered


class Watched(AbstractContextManager["Watched"]):
    """What is told while a look goes on. `rows`: as many as are expected; None: nobody knows."""

    def __init__(self, console: Console, rows: int | None, *, silent: bool) -> None:
        self._console, self._silent = console, silent
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=silent or not console.is_terminal)
        self._rows = rows
        self._task = self._bar.add_task("Athena is at work", total=None)

    def __enter__(self) -> "Watched":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def waiting(self) -> None:
        """Athena is still at work."""
        self._bar.refresh()

    def answered(self, answered: Answered) -> None:
        """Said at once: whatever happens now, the result is paid for and can be looked at again."""
        self._bar.update(self._task, description="rows", total=self._rows, completed=0)
        if not self._silent:
            asked = "Athena was asked" if answered.asked else f"read, asked {when(answered.execution.submitted_at)}"
            self._console.print(f"result {answered.query_id} ({asked})", soft_wrap=True)

    def counted(self, rows: int) -> None:
        more = self._rows if self._rows is None else max(self._rows, rows)
        self._bar.update(self._task, completed=rows, total=more)
