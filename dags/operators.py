"""The DAG's operators: the query, a chunk's mails, and the month's end. Each waits in the triggerer for what takes long."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from dags import producing
from dags.errors import without_values
from dags.executions import Stopping
from dags.sending import Done, Later, Sending, StoppedError, left_behind
from dags.stage import CONNECTION, Stage, enter
from shared.keys import Key
from shared.outbox.month import counted
from shared.outbox.states import HELD, Status
from shared.periods import Period
from shared.times import utc_now

CATALOG = "awsdatacatalog"
"""As PyAthena names it: Athena takes the producer's question for the same one only if all of it is the same."""
LOOKS_S = 2.0
"""All chunks together look so seldom whether the campaign goes on: a look is a task that starts."""
LOOK_AGAIN = timedelta(seconds=15)
LONGEST_LOOK = timedelta(minutes=5)


def period_of(context: Context, stage: Stage) -> Period:
    """The month that the run is about: the parameter's, or the one that ended before the run's data interval did. Raises
    AirflowFailException.
    """
    if named := context["params"].get("period"):
        with without_values():
            return Period.parse(named)
    interval_end: datetime | None = context.get("data_interval_end")
    return Period.before(interval_end or context["dag_run"].run_after, stage.producer.time_zone)


class UsageQuery(AthenaOperator):
    """Has Athena asked for the month's usage, and waits in the triggerer. The month's run takes the query up in `check`, which
    also says why one has failed: Athena gives the same query to all who ask under its token.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(query="", aws_conn_id=CONNECTION, catalog=CATALOG, deferrable=True, sleep_time=2, **kwargs)

    def execute(self, context: Context) -> str | None:
        stage = enter()
        asked = producing.question(stage, period_of(context, stage))
        if asked is None:
            self.log.info("the month's run has its query already")
            return None
        athena = stage.producer.athena
        self.query, self.client_request_token = asked.sql, athena.request_token(asked.token)
        self.database, self.workgroup, self.output_location = athena.database, athena.work_group, athena.output
        return super().execute(context)


class _Sends(BaseOperator):
    """Base of those that send."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stopping = Stopping()

    def on_kill(self) -> None:
        """Airflow ends the task, and its process seconds later: until then the mails that are on their way are recorded."""
        self.stopping.asked = True

    def resume(self, context: Context, event: Any = None) -> Any:  # noqa: ARG002
        """What it waited for may have come."""
        return self.execute(context)

    def wait(self, later: Later) -> NoReturn:
        """In the triggerer: neither a worker nor a place in the pool is taken meanwhile."""
        self.log.info("waits until %s: %s", later.at.isoformat(timespec="seconds"), later.why)
        self.defer(trigger=DateTimeTrigger(moment=later.at), method_name="resume")
        raise AssertionError  # `defer` does not return


class SendChunk(_Sends):
    """Sends the mails of one chunk. Tried again, or cleared, it goes on: what is sent is not sent again."""

    def __init__(self, *, chunk: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.chunk = chunk

    def execute(self, context: Context) -> dict[str, Any]:
        stage = enter()
        period = period_of(context, stage)
        with without_values():
            keys = producing.keys_of(stage, period, self.chunk)
        if keys is None:
            self.log.warning("the query's result is gone: `settle` sends what is left of this chunk")
            return {"keys": 0, "missing": 0, "statuses": {}}
        ti = context["ti"]
        again = timedelta(seconds=LOOKS_S * self.chunk["of"])
        with stage.sending(f"{ti.dag_id} {ti.run_id} {ti.map_index}", self.stopping, again, ti.map_index) as sending:
            done = _sent(sending, keys)
        if isinstance(done, Later):
            self.wait(done)
        return {"keys": len(keys), "missing": done.missing, "statuses": dict(done.statuses)}


class Settle(_Sends):
    """Waits until nothing of the month waits, sends what was left behind, and tells the counts. Fails if a message is lost, or is
    held for a person to decide.
    """

    template_fields: Sequence[str] = ("sent",)

    def __init__(self, *, sent: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sent = sent

    def execute(self, context: Context) -> dict[str, Any]:
        stage = enter()
        period = period_of(context, stage)
        run = producing.run_of_month(stage, period)
        if run is None or not run.completed:
            state = f"its run is {run.state}" if run else "it has no run"
            raise AirflowFailException(f"{period} was not produced: {state}. See the tasks before this one")
        ti = context["ti"]
        with stage.sending(f"{ti.dag_id} {ti.run_id} settle", self.stopping) as sending:
            while left := left_behind(stage.outbox, period, utc_now()):
                self.log.info("%s messages were left behind", f"{len(left):,}")
                done = _sent(sending, left)
                if isinstance(done, Later):
                    self.wait(done)
        waiting, exceptional = counted(stage.store, str(period))
        if waiting:
            self.wait(Later(utc_now() + _look_again(waiting, stage.rate), f"{waiting:,} messages wait"))
        held = sum(exceptional[status] for status in HELD)
        missing = sum(one["missing"] for one in self.sent or ())
        told = {
            "period": str(period),
            "produced": run.expected,
            "accepted": run.expected - held - exceptional[Status.CANCELLED],
            "held": held,
            "lost": missing,
            **{status.lower(): number for status, number in exceptional.items() if number},
        }
        self.log.info("%s", ", ".join(f"{name} {number}" for name, number in told.items()))
        if held or missing:
            raise AirflowFailException(_unsettled(period, held, missing))
        return told


def _sent(sending: Sending, keys: Sequence[Key]) -> Done | Later:
    try:
        with without_values():
            return sending.send(keys)
    except StoppedError as error:
        raise AirflowException(str(error.__doc__)) from error


def _look_again(waiting: int, rate: float) -> timedelta:
    """When so many may be gone. A look reads the index of all that wait."""
    return max(LOOK_AGAIN, min(LONGEST_LOOK, timedelta(seconds=waiting / max(rate, 1.0))))


def _unsettled(period: Period, held: int, missing: int) -> str:
    told = []
    if held:
        told.append(
            f"{held:,} messages are held for you to decide: `onlyonce held --period {period}` lists them. Decide, and clear this "
            "task: it sends what you redrive or resend"
        )
    if missing:
        told.append(
            f"{missing:,} users of the query have no message: clear `produce` and all that follow. If they still have none, see "
            "docs/runbook.md, UnaccountedAlarm"
        )
    return f"{period} is not settled. " + " ".join(told)
