"""django-post_office over PostgreSQL, sending through SES by django-ses: started, watched, asked what failed."""

import subprocess
from collections.abc import Mapping

from bench.contestants.common import everybody
from bench.contestants.peers import PYTHON, installed, missing, postgres_version
from bench.contestants.servers import Postgres
from bench.shootout.contestant import Contestant, Ground

APP = [str(PYTHON), "-m", "bench.contestants.post_office_app"]
FAILED, QUEUED, REQUEUED = 1, 2, 3
"""post_office.models.STATUS"""


class PostOffice(Contestant):
    name = "post_office"
    title = "django-post_office"
    described = (
        "All mails queued in one transaction by send_many; send_queued_mail sends batches through django-ses, which "
        "throttles itself."
    )
    because: Mapping[str, str] = {
        "restarted": "all mails are queued in one transaction, or none",
        "killed": "the mails of a killed batch, whose statuses are written at its end, are sent again",
        "unheard": "a mail whose answer is lost has failed, and is queued again",
        "crowded": "what SES refuses is queued again, ten times",
    }

    def __init__(self) -> None:
        self._database: Postgres | None = None

    def missing(self) -> str:
        return missing()

    def versions(self) -> Mapping[str, str]:
        return {
            "django-post_office": installed("django-post-office"),
            "django-ses": installed("django-ses"),
            "Django": installed("django"),
            "PostgreSQL": postgres_version(),
        }

    def prepare(self, ground: Ground) -> None:
        self._database = Postgres(ground.scratch)
        with (ground.scratch / "migrate.log").open("ab") as log:
            subprocess.run([*APP, "migrate"], env=ground.environment(), check=True, stdout=log, stderr=log)

    def producer(self, ground: Ground) -> list[str]:  # noqa: ARG002
        return [*APP, "produce"]

    def senders(self, ground: Ground) -> list[list[str]]:  # noqa: ARG002
        return [[*APP, "work"]]

    def idle(self, ground: Ground) -> bool:  # noqa: ARG002
        return not self._addresses(QUEUED, REQUEUED)

    def held(self, ground: Ground) -> set[str]:
        """Whose mail has failed for good: Django's admin lists it."""
        failed = self._addresses(FAILED)
        return {user.user_id for user in everybody(ground.users_file.read_text()) if user.address in failed}

    def close(self) -> None:
        if self._database:
            self._database.stop()

    def _addresses(self, *statuses: int) -> set[str]:
        wanted = ", ".join(map(str, statuses))
        query = f'select "to" from post_office_email where status in ({wanted})'
        return set(self._database.lines(query)) if self._database else set()


CONTESTANT = PostOffice()
