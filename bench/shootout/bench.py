"""Measures pairs of contestant and fault, one after the other, and keeps each row at once."""

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bench.shootout import results
from bench.shootout.about import About
from bench.shootout.contestant import Contestant
from bench.shootout.contestants import load
from bench.shootout.fault import BY_NAME
from bench.shootout.row import Row, row_of
from bench.shootout.run import Plan, run
from local.stack.deployment import DeploymentError
from local.stack.embedded_aws import ROOT, EngineStartError

LOGS = ROOT / ".local/shootout/logs"
"""A folder for each pair: what its last run has written."""


@dataclass(frozen=True)
class Size:
    users: int
    rate: float


@dataclass(frozen=True)
class Pair:
    contestant: str
    fault: str


class Bench:
    """`path` has the rows."""

    def __init__(self, size: Size, seed: int, path: Path, console: Console) -> None:
        self._size, self._seed, self._path, self._console = size, seed, path, console
        self._about = About.now()
        self._under_way = path.with_suffix(".under-way")
        """When the bench was begun that is under way, and with what; gone when it has come to its end."""

    def measure(self, pairs: Sequence[Pair], *, anew: bool, whole: bool) -> list[str]:
        """What could not be measured, each in words. `whole`: a bench of everything, which goes on if it was interrupted."""
        contestants = load()
        began = self._began(anew) if whole else ""
        done = {results.pair(row) for row in results.read(self._path) if began and row.measured_at >= began}
        left = [one for one in pairs if (one.contestant, one.fault) not in done]
        if len(left) < len(pairs):
            self._say(f"{len(pairs) - len(left)} of {len(pairs)} are measured already; --anew begins again")
        problems = self._measure_each(self._possible(left, contestants), contestants)
        if whole and not problems:
            self._under_way.unlink(missing_ok=True)
        return problems

    def _possible(self, pairs: Sequence[Pair], contestants: Mapping[str, Contestant]) -> list[Pair]:
        missing = {name: why for name in {one.contestant for one in pairs} if (why := contestants[name].missing())}
        for name, why in missing.items():
            self._say(f"{contestants[name].title} is left out: {why}")
        return [one for one in pairs if one.contestant not in missing]

    def _measure_each(self, pairs: Sequence[Pair], contestants: Mapping[str, Contestant]) -> list[str]:
        problems = []
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, disable=not self._console.is_terminal) as progress:
            bar = progress.add_task("all runs", total=len(pairs))
            for pair in pairs:
                plan = self._plan(contestants[pair.contestant], pair.fault)
                words = f"{plan.contestant.title}, {plan.fault.title}"
                mails = progress.add_task(words, total=plan.users)
                began_at = time.monotonic()
                try:
                    row = self._measured(plan, partial(_show, progress, mails))
                    self._say(f"{words}: {_told(row)} ({time.monotonic() - began_at:.0f} s)")
                except (EngineStartError, DeploymentError, BotoCoreError, ClientError, OSError) as error:
                    problems.append(f"{words} could not be measured: {error}")
                progress.remove_task(mails)
                progress.advance(bar)
        return problems

    def _plan(self, contestant: Contestant, fault: str) -> Plan:
        return Plan(contestant, BY_NAME[fault], self._size.users, self._size.rate, self._seed)

    def _measured(self, plan: Plan, tell: Callable[[int], None]) -> Row:
        folder = LOGS / f"{plan.contestant.name}-{plan.fault.name}"
        shutil.rmtree(folder, ignore_errors=True)
        row = row_of(plan, run(plan, folder, tell), self._about)
        results.write(self._path, results.merged(results.read(self._path), row))
        return row

    def _began(self, anew: bool) -> str:
        """When the bench of these sizes was begun that is under way; now, if none is."""
        settings = [self._about.commit, self._size.users, self._size.rate, self._seed]
        known = json.loads(self._under_way.read_text()) if self._under_way.exists() and not anew else [None]
        if known[1:] == settings:
            return str(known[0])
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._under_way.parent.mkdir(parents=True, exist_ok=True)
        self._under_way.write_text(json.dumps([now, *settings]))
        return now

    def _say(self, text: str) -> None:
        self._console.print(f"• {text}", markup=False, soft_wrap=True)


def _show(progress: Progress, task: TaskID, mails: int) -> None:
    progress.update(task, completed=mails)


def _told(row: Row) -> str:
    drained = "SES accepted nothing" if row.drain_ratio is None else f"drained in {row.drain_ratio:.2f} × N/rate"
    return f"{row.twice:,} twice, {row.none:,} none, {row.held:,} held, {drained}"
