"""Every user's mail about last month's usage, at least once and only once.

**query** asks Athena, and waits in the triggerer. **check** looks at every row and mails nobody; it fails, and says what to do,
where something should not go out unseen. **produce** puts one message a user into the outbox. **chunks** cuts the month up,
and **send** sends each chunk in the pool `onlyonce`. **settle** waits for the last of them, tells the counts, and fails if a
message is lost or waits for your decision.

Every task may be killed, tried again, cleared, or run twice: the outbox decides who is mailed, not Airflow. `send` keeps to what
SES allows, however many of its tasks run. While the campaign is paused or a day's quota is spent, its tasks are deferred.

| set up | with |
|---|---|
| the stage | variable `onlyonce_stage` |
| credentials | connection `onlyonce_aws`, of type Amazon Web Services |
| how many chunks are sent at once | pool `onlyonce`, 4 slots |
| how many users a chunk has at least | variable `onlyonce_chunk_rows`; 2,000 |

**Unpausing it begins the run of the last month at once.** `onlyonce status` shows the month, `onlyonce pause` stops it,
`onlyonce resume` lets it go on.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import CronDataIntervalTimetable, Param, TriggerRule, Variable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from pendulum import datetime

from dags import producing
from dags.chunks import ROWS as ROWS_OF_A_CHUNK
from dags.operators import SendChunk, Settle, UsageQuery, period_of
from dags.stage import enter

SCHEDULE, TIME_ZONE = "0 6 1 * *", "Europe/Berlin"
"""As `schedule` and `timeZone` of mail/stages.yml have it."""
POOL = "onlyonce"
ROWS = "onlyonce_chunk_rows"
"""The Airflow variable that says how many users a chunk has at least."""
A_WHILE = {
    "retries": 5,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=5),
}
"""For a task that AWS could not serve, or whose worker died."""
AT_ONCE = {**A_WHILE, "retries": 20, "retry_delay": timedelta(seconds=2)}
"""For a chunk: its claimed messages wait for its next try."""
PARAMS = {
    "period": Param(
        None, type=["null", "string"], pattern="^[0-9]{4}-[0-9]{2}$", title="Month",
        description="YYYY-MM; empty: the month that ended before the run's data interval did",
    ),
    "accept": Param(
        [], type="array", items={"type": "string"}, title="Accept",
        description="words of the findings that the month has stopped for, if you have looked at them: fewer, more, rejected, …",
    ),
}  # fmt: skip


@dag(
    schedule=CronDataIntervalTimetable(SCHEDULE, timezone=TIME_ZONE),
    start_date=datetime(2026, 1, 1, tz=TIME_ZONE),
    catchup=False,  # a month that was never mailed is mailed when somebody asks for it
    params=PARAMS,
    default_args=A_WHILE,
    doc_md=__doc__,
    tags=["onlyonce", "email"],
)
def monthly_email() -> None:
    @task(trigger_rule=TriggerRule.ALL_DONE)  # of a query that has failed it says why
    def check() -> Mapping[str, Any]:
        """Looks at every row."""
        context, stage = _here()
        by = f"Airflow, {context['dag_run'].run_id}"
        return producing.check(stage, period_of(context, stage), context["params"]["accept"], by)

    @task
    def produce() -> Mapping[str, Any]:
        """Puts the messages into the outbox."""
        context, stage = _here()
        return producing.produce(stage, period_of(context, stage))

    @task
    def chunks() -> list[dict[str, Any]]:
        """Cuts the month's rows up."""
        context, stage = _here()
        return producing.chunks_of(stage, period_of(context, stage), _rows_of_a_chunk())

    asked, checked, produced, cut = UsageQuery(task_id="query", retries=0), check(), produce(), chunks()
    sent = SendChunk.partial(task_id="send", pool=POOL, **AT_ONCE).expand(chunk=cut)
    settled = Settle(task_id="settle", sent=sent.output, trigger_rule=TriggerRule.ALL_DONE)
    asked >> checked >> [produced, cut]
    produced >> sent
    [produced, sent] >> settled


def _here() -> Any:
    return get_current_context(), enter()


def _rows_of_a_chunk() -> int:
    text = str(Variable.get(ROWS, default=ROWS_OF_A_CHUNK))
    if not text.isdecimal() or int(text) < 1:
        raise AirflowFailException(f"the variable {ROWS} is {text!r}; wanted is a whole number from 1")
    return int(text)


monthly_email()
