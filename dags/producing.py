"""The producer's steps as tasks: the question, the first pass, the second, and the chunks of what it has read."""

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from dags import chunks
from dags.errors import without_values
from dags.stage import Stage
from handlers import producer
from shared.errors import QueryParameterError, UsageQueryError
from shared.keys import Key
from shared.periods import Period
from shared.producing.query import Question
from shared.producing.run import Run, RunState, readable, run_of

ENOUGH_MS = 86_400_000


class UnfinishedError(AirflowException):
    """Somebody else produces the month."""


def question(stage: Stage, period: Period) -> Question | None:
    """What Athena is to be asked, under the token under which the producer asks it, so that both get one query; None: the month's
    run has its query, or can't ask.
    """
    run = run_of_month(stage, period)
    if run is not None and (run.query_id or run.state != RunState.RUNNING):
        return None
    try:
        return producer.question(period, run.attempt if run else 1, stage.producer)
    except QueryParameterError:
        return None  # `check` stops the run for it


def check(stage: Stage, period: Period, accept: Sequence[str], by: str) -> Mapping[str, Any]:
    """The first pass, which looks at every row and puts no message. Raises AirflowFailException, with the reason and what to do,
    if the month has stopped.

    A month that has stopped before is looked at again: that is what a person wants who starts, or clears, this task.
    """
    event: dict[str, Any] = {"period": str(period)}
    run = run_of_month(stage, period)
    if run is not None and run.state == RunState.STOPPED:
        event |= {"by": by, "attempt": run.attempt, "accept": list(accept)}
    return _produced(stage, period, event, only_check=True)


def produce(stage: Stage, period: Period) -> Mapping[str, Any]:
    """The second pass, which puts a message into the outbox for each user who has none. Raises as `check`; UnfinishedError."""
    report = _produced(stage, period, {"period": str(period)}, only_check=False)
    if report["state"] != RunState.COMPLETED:
        raise UnfinishedError(
            f"the month's run is {report['state']}: another producer goes on with it; this task looks again"
        )
    return report


def chunks_of(stage: Stage, period: Period, rows: int) -> list[dict[str, Any]]:
    """Of the month's result, each of so many rows at least; none if that is gone: `settle` sends what is left then."""
    run = run_of_month(stage, period)
    if run is None or not run.query_id:
        return []
    with without_values():
        try:
            found = chunks.of_result(stage.producer.athena, run.query_id, run.checks.rows, rows)
        except UsageQueryError:
            if run.completed:
                return []
            raise
    return [one.to_json() for one in found]


def keys_of(stage: Stage, period: Period, chunk: Mapping[str, Any]) -> list[Key] | None:
    """Of a chunk's messages; None if the query's result is gone: a month may be sent for longer than that is kept."""
    deps = stage.producer
    try:
        return chunks.keys(deps.athena, chunks.Chunk(**chunk), period, deps.composer, deps.unsubscribed())
    except UsageQueryError:
        return None


def run_of_month(stage: Stage, period: Period) -> Run | None:
    """Its record, if there is one that can be read."""
    found = stage.producer.runs.get(period)
    return run_of(period, found) if found is not None and readable(found) else None


def _produced(stage: Stage, period: Period, event: dict[str, Any], *, only_check: bool) -> Mapping[str, Any]:
    deps = stage.producer
    try:
        with without_values():
            report = producer.handle(event, deps, f"Airflow, {stage.name}", lambda: ENOUGH_MS, only_check=only_check)
    finally:
        deps.telemetry.flush()
    if report["state"] == RunState.STOPPED:
        raise AirflowFailException(_stopped(period, report))
    return report


def _stopped(period: Period, report: Mapping[str, Any]) -> str:
    reasons = "".join(f"\n  {word}: {reason}" for word, reason in report["stopped_for"].items())
    accepted = " ".join(f"--accept {word}" for word in report["stopped_for"])
    listed = f"\nThe rejected rows are under {report['rejected_rows']}" if report["rejected_rows"] else ""
    before = f"with {report['produced']:,} messages produced" if report["produced"] else "before its first message"
    return (
        f"{period} has stopped {before}:{reasons}{listed}\n"
        "Mend it, and clear this task and all that follow: the month is looked at again. After a new query or new data, first\n"
        f"  onlyonce produce {period} --again\n"
        "Or, if it is as it should be, accept it, and clear them then:\n"
        f"  onlyonce produce {period} {accepted}"
    )
