"""DBOS over PostgreSQL: started, watched, asked what failed."""

import subprocess
from collections.abc import Mapping

from bench.contestants.peers import PYTHON, installed, missing, postgres_version
from bench.contestants.servers import Postgres
from bench.shootout.contestant import Contestant, Ground

APP = [str(PYTHON), "-m", "bench.contestants.dbos_app"]


class Dbos(Contestant):
    name = "dbos"
    title = "DBOS"
    described = (
        "A durable workflow for each mail, on a queue with a rate limit; its id is the user and month, its one step is "
        "retried."
    )
    because: Mapping[str, str] = {
        "restarted": "an id that is there starts no second workflow",
        "killed": "a step that was killed before its result was written is done again",
        "unheard": "a step whose answer is lost has failed, and is retried",
        "crowded": "what SES refuses is retried ten times, past the queue's limit",
    }

    def __init__(self) -> None:
        self._database: Postgres | None = None

    def missing(self) -> str:
        return missing()

    def versions(self) -> Mapping[str, str]:
        return {"DBOS Transact": installed("dbos"), "PostgreSQL": postgres_version()}

    def prepare(self, ground: Ground) -> None:
        self._database = Postgres(ground.scratch)
        with (ground.scratch / "migrate.log").open("ab") as log:
            migrate = [str(PYTHON.with_name("dbos")), "migrate", "--sys-db-url", self._database.url]
            subprocess.run(migrate, check=True, stdout=log, stderr=log)

    def producer(self, ground: Ground) -> list[str]:  # noqa: ARG002
        return [*APP, "produce"]

    def senders(self, ground: Ground) -> list[list[str]]:  # noqa: ARG002
        return [[*APP, "work"]]

    def idle(self, ground: Ground) -> bool:  # noqa: ARG002
        return self._users("ENQUEUED", "DELAYED", "PENDING") == set()

    def held(self, ground: Ground) -> set[str]:  # noqa: ARG002
        """Whose workflow has ended in an error, or was recovered too often: both are shown by `dbos workflow list`."""
        return self._users("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

    def close(self) -> None:
        if self._database:
            self._database.stop()

    def _users(self, *statuses: str) -> set[str]:
        """Workflow ids, which are the users'."""
        wanted = ", ".join(f"'{status}'" for status in statuses)
        query = f"select workflow_uuid from dbos.workflow_status where status in ({wanted})"
        return set(self._database.lines(query)) if self._database else set()


CONTESTANT = Dbos()
