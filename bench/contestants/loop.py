"""The conventional way: a loop that asks SES for one mail after the other, at the rate that SES allows.

It remembers nothing: started again, it begins with the first user.
"""

import sys
from collections.abc import Mapping

from bench.contestants.common import Pace, ask, ses, users
from bench.shootout.contestant import Contestant, Ground


class Loop(Contestant):
    name = "loop"
    title = "a loop"
    described = "One process, one mail after the other, at the rate of SES. Started again, it begins anew."
    because: Mapping[str, str] = {
        "restarted": "started again, it begins with the first user",
        "killed": "started again after each kill, it begins with the first user",
        "unheard": "boto3 asks again when no answer comes, and SES has accepted already",
        "crowded": "SES's refusals use up boto3's attempts, the loop ends, and it begins with the first user",
    }

    def producer(self, ground: Ground) -> list[str]:  # noqa: ARG002
        return [sys.executable, "-m", "bench.contestants.loop"]


CONTESTANT = Loop()


def main(ground: Ground) -> None:
    client, pace = ses(), Pace(ground.rate)
    for user in users(ground):
        pace.wait()
        ask(client, user)


if __name__ == "__main__":
    main(Ground.of_environment())
