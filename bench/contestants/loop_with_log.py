"""The loop with a sent-log: each user who has their mail is written down, on disk, before the next one's turn.

Started again, it leaves out who is in the log. What it can't know: whether SES took a mail about which nothing is written.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.contestants.common import Pace, ask, ses, users
from bench.shootout.contestant import Contestant, Ground


class LoopWithLog(Contestant):
    name = "loop_with_log"
    title = "a loop with a sent-log"
    described = (
        "As the loop; after each mail it appends the user to a file and fsyncs it. Started again, it skips them."
    )
    because: Mapping[str, str] = {
        "restarted": "what SES accepted before the log had it is asked for again",
        "killed": "killed between SES's acceptance and the log, it asks for that mail again",
        "unheard": "boto3 asks again when no answer comes, and SES has accepted already",
        "crowded": "SES's refusals use up boto3's attempts, and the loop is started again behind its log",
    }

    def producer(self, ground: Ground) -> list[str]:  # noqa: ARG002
        return [sys.executable, "-m", "bench.contestants.loop_with_log"]


CONTESTANT = LoopWithLog()


class SentLog:
    """User ids, a line each. A last line without its end was being written when the process died: it does not count."""

    def __init__(self, path: Path) -> None:
        text = path.read_text() if path.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        path.write_text(whole)
        self.users = set(whole.splitlines())
        self._file = path.open("a")

    def add(self, user_id: str) -> None:
        self._file.write(f"{user_id}\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def main(ground: Ground) -> None:
    client, pace, log = ses(), Pace(ground.rate), SentLog(ground.scratch / "sent.log")
    for user in users(ground):
        if user.user_id not in log.users:
            pace.wait()
            ask(client, user)
            log.add(user.user_id)


if __name__ == "__main__":
    main(Ground.of_environment())
