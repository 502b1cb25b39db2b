"""The messages of a run: put into the deployed outbox, watched, and taken out again."""

from collections.abc import Callable

from ops.accept.cohort import Cohort, Person
from shared.outbox.message import Message
from shared.outbox.new_message import RETENTION, new_item
from shared.outbox.outbox import Outbox
from shared.outbox.states import Status
from shared.rendering.handlebars import required_variables
from shared.rendering.mail_kind import MailTemplate
from shared.store import Item, Store, TableKey, Term, Write
from shared.sweeping.intervals import STRANDED_AFTER
from shared.times import Clock, to_text


class Messages:
    """Writes to items of the cohort alone."""

    def __init__(
        self, outbox: Outbox, store: Store, delete: Callable[[TableKey], None], mail: "Mail", clock: Clock
    ) -> None:
        """`delete` removes an item of the outbox table."""
        self._outbox = outbox
        self._store = store
        self._delete = delete
        self._mail = mail
        self._clock = clock

    def put(self, *people: Person) -> None:
        """As the producer puts them."""
        self._outbox.produce([self.item(person) for person in people])

    def item(self, person: Person) -> Item:
        """As it is put."""
        now, mail = self._clock(), self._mail
        due_at = now + STRANDED_AFTER
        return new_item(person.key, person.email, mail.data, mail.template, mail.sender, now, due_at)

    def read(self, person: Person) -> Message | None:
        return self._outbox.get(person.key)

    def status(self, person: Person) -> Status | None:
        """Also of one that can't be read."""
        item = self._store.get(person.key._asdict())
        return Status(item["status"]) if item else None

    def let_lease_be_over(self, person: Person) -> bool:
        """A quarter of an hour is too long to wait. False if the message is no claim any more."""
        long_ago = to_text(self._clock() - RETENTION)
        claimed = Term("status", "equals", Status.CLAIMED.value)
        sets = {"lease_expires_at": long_ago, "due_at": long_ago}
        return self._store.write(Write(person.key._asdict(), ((claimed,),), sets)).won

    def remove(self, cohort: Cohort) -> None:
        """What is under way finds nothing, and sends nothing."""
        for person in cohort:
            self._delete(person.key._asdict())


class Mail:
    """What the mails say: the stage's template, with a dash for each of its variables."""

    def __init__(self, template: MailTemplate, sender: str) -> None:
        self.template = template.name
        self.sender = sender
        self.data = dict.fromkeys(required_variables(template.parts), "–")
