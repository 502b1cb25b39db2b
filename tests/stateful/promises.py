"""What must hold, whatever happened: assertions about the messages, the inbox, and what SES has said of each mail."""

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

from shared.outbox.states import ACCEPTED, FINAL, HELD, WAITING, Status
from simulation.stack import user_of
from simulation.world import World
from tests.stateful.choices import NEVER_SENT


class Promises:
    """Of one world. `said`: what SES has said of each mail, by its id."""

    def __init__(self, world: World, said: defaultdict[str, list[str]]) -> None:
        self._world, self._said = world, said

    def only_once(self) -> None:
        """I1: a user has one mail, and one more for each time that an operator took the risk by name.

        A mail that SES rejected or could not render does not count: it is known that nobody has it. It counts until SES
        has said so.
        """
        risks = self._risks()
        too_many = {user: number for user, number in self._mails_out().items() if number > 1 + risks[user]}
        assert not too_many, f"twice: {too_many}"

    def never_untrue(self) -> None:
        """What is accepted, SES has accepted. Whether it then sent it, the message learns with the next event."""
        self._accepted_means(self._world.mails())

    def true_in_the_end(self) -> None:
        """What is accepted, was sent: SES has said all that it has to say."""
        self._accepted_means(self._mails_out())

    def _accepted_means(self, mails: Counter[str]) -> None:
        for user, status in self._world.statuses().items():
            assumed = "assume_sent" in self._item(user)["history"]
            assert not (status in ACCEPTED and not mails[user] and not assumed), f"{user} is {status} without a mail"

    def evidence_stays(self) -> None:
        """An accepted mail is never doubted again, nor asked for, until SES itself says that it did not send it."""
        stories: defaultdict[str, list[str]] = defaultdict(list)
        for image in self._images():
            stories[image["user_id"]["S"]].append(image["status"]["S"])
        for user, story in stories.items():
            for before, after in pairwise(story):
                assert before not in ACCEPTED or after in (*ACCEPTED, Status.FAILED), f"{user}: {before}, then {after}"

    def ended_truly(self, *, as_far_as_known: bool) -> None:
        """Nothing waits, and no message says of a user who has a mail that they have none. Before the last events, a message
        may still be UNCERTAIN, and so may one be that an operator took for unsent, at their own risk.
        """
        mails, risks = self._mails_out(), self._risks()
        for user, status in self._world.statuses().items():
            assert status not in WAITING, f"{user} is {status} for ever"
            assert status in FINAL | HELD
            excused = as_far_as_known and (status == Status.UNCERTAIN or risks[user])
            assert status in ACCEPTED or not mails[user] or excused, f"{user} is {status} although mailed"

    def _mails_out(self) -> Counter[str]:
        """Mails of each user, without those of which SES has said that it never sent them."""
        inbox = self._world.ses_client.inbox
        return Counter(user_of(mail) for mail in inbox if not {*self._said[mail.message_id]} & {*NEVER_SENT})

    def _risks(self) -> Counter[str]:
        """How often an operator has accepted, for a user, that they may get another mail. Read off the stream: it knows each
        `resend` that was carried out, also where its answer was lost.
        """
        taken = {
            (one["user_id"]["S"], one["history"]["M"]["resend"]["S"])
            for one in self._images()
            if "resend" in one["history"]["M"]
        }
        return Counter(user for user, _ in taken)

    def _images(self) -> list[dict[str, Any]]:
        """Each message as each write has left it."""
        return [record["dynamodb"]["NewImage"] for record in self._world.outbox_table.stream]

    def _item(self, user: str) -> dict[str, Any]:
        return next(item for item in self._world.messages() if item["user_id"] == user)
