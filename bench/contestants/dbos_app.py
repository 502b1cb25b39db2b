"""The mails as DBOS workflows, set up as the documentation of DBOS Transact for Python recommends.

Runs in .local/peers, where DBOS is. Pages are below https://docs.dbos.dev/python/.
"""

import sys
import threading
from typing import Any

from botocore.config import Config
from dbos import DBOS, DBOSClient, DBOSConfig

from bench.contestants.common import User, ask, ses, users
from bench.shootout.contestant import Ground

GROUND = Ground.of_environment()
# tutorials/database-connection: PostgreSQL in production.
DATABASE = (GROUND.scratch / "postgres.url").read_text()
QUEUE = "mails"
CONFIG: DBOSConfig = {"name": "mails", "system_database_url": DATABASE, "executor_id": "sender"}

CLIENT = ses(
    config=Config(
        retries={"total_max_attempts": 1},  # The step is retried.
        connect_timeout=2,
        read_timeout=5,
        max_pool_connections=64,
    )
)


# tutorials/step-tutorial: retries with backoff; ten attempts, as a throttled mail may need more than the default three.
@DBOS.step(retries_allowed=True, interval_seconds=1.0, backoff_rate=2.0, max_attempts=10)
def ask_ses(user: dict[str, Any]) -> str:
    return ask(CLIENT, User(**user))


@DBOS.workflow()
def send(user: dict[str, Any]) -> None:
    ask_ses(user)


def work() -> None:
    """Recovers at its start what the process before it had under way: tutorials/workflow-tutorial, on recovery."""
    DBOS(config=CONFIG)
    DBOS.launch()
    # tutorials/queue-tutorial, on rate limits: all that the account allows. reference/queues, polling_interval_sec: of a
    # second by default, and one that ends just before the limiter's second is over loses the next.
    DBOS.register_queue(QUEUE, limiter={"limit": int(GROUND.rate), "period": 1.0}, polling_interval_sec=0.05)
    threading.Event().wait()


def produce() -> None:
    """tutorials/workflow-tutorial, on workflow ids and idempotency: an id that was there already starts nothing."""
    client = DBOSClient(system_database_url=DATABASE)
    for user in users(GROUND):
        client.enqueue({"queue_name": QUEUE, "workflow_name": "send", "workflow_id": user.user_id}, vars(user))


if __name__ == "__main__":
    {"work": work, "produce": produce}[sys.argv[1]]()
