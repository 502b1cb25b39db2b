"""What a design offers to take part. A contestant is a module in bench/contestants with a `CONTESTANT`.

Imports nothing but the standard library: a contestant's own processes, and its functions, import it as well.
"""

import json
import os
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

_VARIABLE = "SHOOTOUT_GROUND"


@dataclass(frozen=True)
class Ground:
    """What every contestant is given."""

    endpoint: str
    """Of the embedded AWS; `environment` says it to boto3."""
    rate: float
    """Mails a second that SES accepts."""
    daily: int
    """Mails that it accepts in 24 hours: more than there are users."""
    users_file: Path
    """The users, a line of JSON each; `bench.contestants.common.users` reads them."""
    scratch: Path
    """A folder of this run alone: logs, databases, sent-logs."""
    seed: int
    kill_at: int = 0
    """The producer dies once, when it asks for the user after so many; 0: it does not. `users` sees to it."""

    def environment(self) -> dict[str, str]:
        """The variables from which a contestant's process gets the same ground again, and boto3 its endpoint and region."""
        fields = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}
        return {
            _VARIABLE: json.dumps(fields),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
        }

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> "Ground":
        """In a contestant's own process."""
        fields = json.loads(environment[_VARIABLE])
        return cls(**{**fields, **{name: Path(fields[name]) for name in ("users_file", "scratch")}})


DISTURBANCES = ("restarted", "killed", "unheard", "crowded")
"""The producer is started again, senders are killed, an answer of SES is lost, SES refuses for the rate."""


class Contestant(Protocol):
    """One design; as it stands here, one that needs nothing and sends in its producer. Its processes run in the checkout's folder
    with `Ground.environment`.
    """

    name: str
    """As `--only` takes it."""
    title: str
    """As the tables have it."""
    described: str
    """One line: how it sends, and how it guards against sending twice."""
    sending_functions: Sequence[str] = ()
    """Lambda functions that ask SES, or start what asks it; they are killed as processes are. () where processes send."""
    because: Mapping[str, str]
    """Why it doubles, loses or holds, where it does: a clause for each of DISTURBANCES."""

    def missing(self) -> str:
        """Why it can't run on this machine; "" if it can."""
        return ""

    def versions(self) -> Mapping[str, str]:
        """What it runs on, beside Python and boto3: library, broker, database, each with its version."""
        return {}

    def prepare(self, ground: Ground) -> None:  # noqa: ARG002
        """Make everything ready. Not timed, not metered."""
        return

    @abstractmethod
    def producer(self, ground: Ground) -> list[str]:
        """The command that hands out the month, and ends with status 0 when it has. After any other end it is started again."""

    def senders(self, ground: Ground) -> list[list[str]]:  # noqa: ARG002
        """The commands of the processes that send; each is started again whenever it ends. [] where the producer sends
        itself, or functions do.
        """
        return []

    def idle(self, ground: Ground) -> bool:  # noqa: ARG002
        """Whether nothing is left to do: no mail will be asked for any more."""
        return True

    def held(self, ground: Ground) -> set[str]:  # noqa: ARG002
        """User ids that the design shows to a person as not done: dead letters, failed rows, failed executions."""
        return set()

    def close(self) -> None:
        """Take down what `prepare` has started."""
        return
