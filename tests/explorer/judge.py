"""What is promised, held against each write of the outbox, each ask of SES, and the end of the month
(docs/architecture.md, "The six promises").

I1 is judged harder than the inbox could: while an ask may have succeeded, nobody may take the message to ask again.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.aws.dynamodb_wire import from_wire
from shared.outbox.states import ACCEPTED, FINAL, HELD, WAITING, Status
from shared.store import Item
from simulation.fakes.ses import Mail
from tests.explorer.adapters import key_of, key_of_tags

Key = tuple[str, str]
NEVER_SENT = frozenset({"Reject", "Rendering Failure"})
"""Events that say of an accepted mail that SES did not send it after all."""
UP_FOR_SENDING = frozenset({Status.PENDING, Status.CLAIMED, Status.FAILED, Status.CANCELLED})
"""Statuses from which somebody sends a message, or says that it was not sent."""
FROZEN = ("email", "data", "template", "sender", "reply_to", "digest")
DROPPED = frozenset({"email", "data", "sender", "reply_to"})
"""Of these, what a message drops when its story is over."""
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
COUNTED = {"claim": 1, "release": -1}


class BrokenPromiseError(AssertionError):
    """Something that is promised does not hold."""

    def __init__(self, promise: str, what: str, key: Key | None = None) -> None:
        super().__init__(f"{promise}: {what}")
        self.promise = promise
        self.key = key


@dataclass
class Ask:
    """One request for a mail, from the moment it left its process."""

    key: Key
    fence: int
    left_at: datetime | None = None
    punctual: bool = True
    """Nothing has held its process up."""
    refused: bool = False
    """SES has definitely not taken it."""
    mail: Mail | None = None


@dataclass
class Judge:
    """Everything that it must know of the month so far. Raises BrokenPromiseError."""

    attempts: int
    asks: defaultdict[Key, list[Ask]] = field(default_factory=lambda: defaultdict(list))
    risks: Counter[Key] = field(default_factory=Counter)
    """How often an operator has accepted, by name, that a user may get another mail."""
    assumed: set[Key] = field(default_factory=set)
    counted: Counter[Key] = field(default_factory=Counter)
    """Attempts, counted here."""
    said: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What SES has said of each mail, by its id."""
    items: dict[Key, Item] = field(default_factory=dict)
    broken: BrokenPromiseError | None = None

    # --- as it happens ------------------------------------------------------------------------------------------------
    def wrote(self, doing: str, before: Any, after: Any) -> None:
        """A message was written, by a write of that name."""
        self._noting(self._wrote, doing, from_wire(before) if before is not None else None, from_wire(after))

    def _wrote(self, doing: str, before: Item | None, after: Item) -> None:
        key = after["user_id"], after["period"]
        self.items[key] = after
        self._frozen(key, before, after)
        self._attempts(key, doing, after)
        if doing == "resend":
            self.risks[key] += 1
        if doing == "assume_sent":
            self.assumed.add(key)
        status, was = after["status"], before["status"] if before else None
        if status == was:
            return
        if status == Status.SENDING and after["send_fence"] != after["fence"]:
            raise BrokenPromiseError("I1", f"{_named(key)}: a worker that had lost it begins to send", key)
        if status in UP_FOR_SENDING and self._may_have_gone_out(key) > self.risks[key]:
            raise BrokenPromiseError("I1", f"{_named(key)} is {status} again although SES may have taken it", key)
        if was in ACCEPTED and status not in (*ACCEPTED, Status.FAILED):
            raise BrokenPromiseError("I1", f"{_named(key)} was {was} and is {status}", key)
        if status in ACCEPTED and not self._mails(key) and key not in self.assumed:
            raise BrokenPromiseError("I1", f"{_named(key)} is {status} without a mail", key)

    def _frozen(self, key: Key, before: Item | None, after: Item) -> None:
        for name in FROZEN:
            dropped = name in DROPPED and name not in after and after["status"] in FINAL
            if before is not None and name in before and before[name] != after.get(name) and not dropped:
                raise BrokenPromiseError("I5", f"the {name} of {_named(key)} has changed", key)

    def _attempts(self, key: Key, doing: str, after: Item) -> None:
        self.counted[key] += COUNTED.get(doing, 0)
        if doing in ("redrive", "resend"):
            self.counted[key] = 0
        attempt = after.get("attempt", 0)
        if not 0 <= attempt <= self.attempts or attempt != self.counted[key]:
            counted = f"{self.counted[key]} were counted, {self.attempts} are allowed"
            raise BrokenPromiseError("I3", f"{_named(key)} says {attempt} attempts, {counted}", key)

    def asked(self, ask: Ask, now: datetime) -> None:
        """A request for a mail has left its process."""
        self._noting(self._asked, ask, now)

    def _asked(self, ask: Ask, now: datetime) -> None:
        key, risks = ask.key, self.risks[ask.key]
        others = self._may_have_gone_out(key)
        ask.left_at = now
        self.asks[key].append(ask)
        if others > risks:
            raise BrokenPromiseError(
                "I1", f"SES is asked for {_named(key)} again after an ask that may have succeeded", key
            )
        status = self.items[key]["status"]
        if status in UP_FOR_SENDING and not risks:
            raise BrokenPromiseError(
                "I1", f"SES is asked for {_named(key)}, which is {status}: others may take it", key
            )

    def answered(self, ask: Ask, mail: Mail | None, *, lost: bool) -> None:
        """What SES made of the request. `lost`: nobody will ever know."""
        ask.mail, ask.refused = mail, mail is None and not lost
        if mail is not None:
            self._noting(self._only_once, ask.key)

    def _only_once(self, key: Key) -> None:
        mails = len(self._mails_out(key))
        if mails > 1 + self.risks[key]:
            raise BrokenPromiseError("I1", f"{_named(key)} has {mails} mails", key)

    def heard(self, mail: Mail, kind: str) -> None:
        """SES has said this of a mail, to anybody."""
        self.said[mail.message_id].append(kind)

    def accounted(self, facts: dict[str, Any]) -> None:
        """The sweeper's sums of a period, at the end of a lap."""
        self._noting(self._accounted, facts)

    def _accounted(self, facts: dict[str, Any]) -> None:
        period = facts["period"]
        there = sum(1 for _, month in self.items if month == period)
        counted = facts["produced"] + facts["adopted"]
        if facts["waiting"] + facts["held"] + facts["final"] != counted or not facts["expected"] <= counted <= there:
            raise BrokenPromiseError("I6", f"the sums of {period} are {facts}, and {there} messages are there")

    def unaccounted(self, number: float) -> None:
        if number > 0:
            self._noting(self._alarm, number)

    def _alarm(self, number: float) -> None:
        raise BrokenPromiseError("I6", f"{number:g} messages are said to be lost, and none is")

    def _noting(self, judgement: Any, *facts: Any) -> None:
        """The first broken promise is kept: the code that made the call must not meet it, nor swallow it."""
        try:
            judgement(*facts)
        except BrokenPromiseError as broken:
            self.broken = self.broken or broken

    def _may_have_gone_out(self, key: Key) -> int:
        """Asks that are under way, or accepted, or of which nobody knows; without those of which SES has said that it did
        not send their mail.
        """
        return sum(1 for ask in self.asks[key] if not ask.refused and not (ask.mail and self._never_sent(ask.mail)))

    def _mails(self, key: Key) -> list[Mail]:
        return [ask.mail for ask in self.asks[key] if ask.mail is not None]

    def _mails_out(self, key: Key) -> list[Mail]:
        return [mail for mail in self._mails(key) if not self._never_sent(mail)]

    def _never_sent(self, mail: Mail) -> bool:
        return not NEVER_SENT.isdisjoint(self.said[mail.message_id])

    # --- in the end ---------------------------------------------------------------------------------------------------
    def at_rest(self, produced: Iterable[Key]) -> None:
        """I2, once everybody was left in peace."""
        for key in produced:
            if key not in self.items:
                raise BrokenPromiseError("I2", f"{_named(key)} was never produced", key)
        for key, item in self.items.items():
            if item["status"] in WAITING:
                raise BrokenPromiseError("I2", f"{_named(key)} is {item['status']} for ever", key)
            if item["status"] in HELD and not item.get("last_error"):
                raise BrokenPromiseError("I2", f"{_named(key)} is {item['status']} without a reason", key)
            excused = item["status"] == Status.UNCERTAIN or self.risks[key]
            if self._mails_out(key) and item["status"] not in ACCEPTED and not excused:
                raise BrokenPromiseError("I2", f"{_named(key)} is {item['status']} although mailed", key)

    def after_the_last_events(self) -> None:
        """With SES's last word on each mail, every message tells the truth."""
        for key, item in self.items.items():
            mails, status = self._mails_out(key), item["status"]
            if bool(mails) != (status in ACCEPTED) and not (key in self.assumed and status in ACCEPTED):
                raise BrokenPromiseError("I2", f"{_named(key)} is {status} in the end, its mails: {len(mails)}", key)

    def settled(self, sums: dict[str, dict[str, Any]]) -> None:
        """I6: the last sums of each period have every message that was produced. What an operator has reopened since then is
        counted only while another month is open.
        """
        for period, facts in sums.items():
            there = [item for (_, month), item in self.items.items() if month == period]
            produced = sum("produce" in item["history"] for item in there)
            if facts["produced"] != produced:
                raise BrokenPromiseError("I6", f"the last sums of {period} are {facts}; {produced} were produced")

    def paced(self, rate: float, daily: float) -> None:
        """I4: of the asks that nothing held up, no second has more than the rate and a second's burst; of the mails that went
        out, no day has more than the quota.
        """
        asks = [ask for of_one in self.asks.values() for ask in of_one]
        times = sorted(ask.left_at for ask in asks if ask.punctual and ask.left_at is not None)
        for number, first in enumerate(times):
            beside = bisect_left(times, first + SECOND) - number
            if beside > 2 * rate + 1:
                raise BrokenPromiseError(
                    "I4", f"SES was asked {beside} times in the second from {first:%d %H:%M:%S.%f} on"
                )
        mails = sorted(ask.left_at for ask in asks if ask.mail is not None and ask.left_at is not None)
        for number, first in enumerate(mails):
            day = bisect_left(mails, first + DAY) - number
            if 0 <= daily < day:
                raise BrokenPromiseError("I4", f"{day} mails went out in the day from {first:%d %H:%M:%S} on")


def ask_of(request: dict[str, Any], *, punctual: bool) -> Ask:
    tags = {tag["Name"]: tag["Value"] for tag in request["EmailTags"]}
    return Ask(key_of(request), int(tags["onlyonce-fence"]), punctual=punctual)


def key_of_mail(mail: Mail) -> Key:
    return key_of_tags(mail.tags)


def _named(key: Key) -> str:
    return "/".join(key)
