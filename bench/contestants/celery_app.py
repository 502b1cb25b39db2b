"""The mails as a Celery task, set up as Celery's documentation recommends for tasks that must not get lost.

Runs in .local/peers, where Celery is. Pages are below https://docs.celeryq.dev/en/stable/.
"""

import json
import sys
from typing import Any

from botocore.config import Config
from celery import Celery, Task
from celery.states import FAILURE, SUCCESS

from bench.contestants.celery import WORKERS
from bench.contestants.common import User, ask, everybody, ses, users
from bench.shootout.contestant import Ground

GROUND = Ground.of_environment()
REDIS = (GROUND.scratch / "valkey.url").read_text()
VISIBILITY_S = 15

app = Celery("mails", broker=REDIS, backend=REDIS)
app.conf.update(
    # userguide/configuration.html#task-acks-late: the message is acknowledged after the task, not before it.
    task_acks_late=True,
    # userguide/configuration.html#task-reject-on-worker-lost: else a task whose process is killed is acknowledged too.
    task_reject_on_worker_lost=True,
    # userguide/optimizing.html, "Reserve one task at a time".
    worker_prefetch_multiplier=1,
    # getting-started/backends-and-brokers/redis.html, "Visibility timeout": what a killed worker has held comes back after
    # so long; the default is an hour. It has to be longer than a task, and than a retry waits. For a short one, kombu's
    # reference of its Redis transport has the two others: how often it looks.
    broker_transport_options={
        "visibility_timeout": VISIBILITY_S,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    },
    result_backend_transport_options={"visibility_timeout": VISIBILITY_S},
    visibility_timeout=VISIBILITY_S,
    broker_connection_retry_on_startup=True,
)

CLIENT = ses(
    config=Config(
        retries={"total_max_attempts": 1},  # Celery retries, and its rate_limit counts each try.
        connect_timeout=2,
        read_timeout=5,
    )
)


@app.task(
    bind=True,
    name="send",
    # userguide/tasks.html#Task.rate_limit: all that the account allows. "Note that this is a per worker instance rate limit,
    # and not a global rate limit."
    rate_limit=f"{GROUND.rate / WORKERS:g}/s",
    # userguide/tasks.html#automatic-retry-for-known-exceptions: backoff and jitter, as there. SES's refusals are
    # over before ten tries are.
    autoretry_for=(Exception,),
    retry_backoff=True,
    retry_backoff_max=8,
    retry_jitter=True,
    max_retries=10,
)
def send(self: Task, user: dict[str, Any]) -> None:
    """Idempotent as far as it can be, as acks_late demands (userguide/tasks.html): a mail whose task is known to
    have succeeded is not sent again. That covers redeliveries, which worker_deduplicate_successful_tasks would as well,
    and a producer that was started again, which it would not.
    """
    if app.AsyncResult(self.request.id).state != SUCCESS:
        ask(CLIENT, User(**user))


def produce() -> None:
    """userguide/calling.html: a task id of one's own, here the user and month."""
    for user in users(GROUND):
        send.apply_async(args=[vars(user)], task_id=user.user_id)


def failed() -> list[str]:
    """User ids."""
    everyone = everybody(GROUND.users_file.read_text())
    return [user.user_id for user in everyone if app.AsyncResult(user.user_id).state == FAILURE]


if __name__ == "__main__":
    if sys.argv[1:] == ["failed"]:
        print(json.dumps(failed()))
    else:
        produce()
