"""The conventional way: a loop that asks SES for one mail after the other, at the rate that SES allows.

It remembers nothing: started again, it begins with the first user.
"""

import sys
from collections.abc import Mapping, Sequence

from bench.contestants.common import Pace, ask, ses, users
from bench.shootout.contestant import Ground


class Loop:
    name = "loop"
    title = "a loop"
    described = "One process, one mail after the other, at the rate of SES. Started again, it begins anew."
    sending_functions: Sequence[str] = ()
    because: Mapping[str, str] = {
        "restarted": "started again, it begins with the first user",
        "killed": "started again after each kill, it begins with the first user",
        "unheard": "boto3 asks again when no answer comes, and SES has accepted already",
        "crowded": "SES's refusals use up boto3's attempts, the loop ends, and it begins with the first user",
    }

    def missing(self) -> str:
        return ""

    def versions(self) -> Mapping[str, str]:
        return {}

    def prepare(self, ground: Ground) -> None:
        """Needs nothing."""

    def producer(self, ground: Ground) -> list[str]:  # noqa: ARG002
        return [sys.executable, "-m", "bench.contestants.loop"]

    def senders(self, ground: Ground) -> list[list[str]]:  # noqa: ARG002
        return []

    def idle(self, ground: Ground) -> bool:  # noqa: ARG002
        return True

    def held(self, ground: Ground) -> set[str]:  # noqa: ARG002
        return set()

    def close(self) -> None:
        """Nothing was started."""


CONTESTANT = Loop()


def main(ground: Ground) -> None:
    client, pace = ses(), Pace(ground.rate)
    for user in users(ground):
        pace.wait()
        ask(client, user)


if __name__ == "__main__":
    main(Ground.of_environment())
