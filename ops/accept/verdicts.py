"""What must hold of every mail in the end, whatever was done to its message. Pure."""

from collections.abc import Iterator, Mapping

from ops.accept.check import Check
from ops.accept.cohort import Cohort, Person
from ops.accept.witness import Heard
from shared.outbox.states import Status

_SUPPRESSED = {"Suppressed", "OnAccountSuppressionList"}
"""Of the simulator's list, and of an account's (source: ses-suppression)."""


def verdicts(cohort: Cohort, heard: Mapping[str, Heard], statuses: Mapping[Person, Status | None]) -> Iterator[Check]:
    """`heard` by user_id: mails are counted by the witness, not by the outbox."""
    of = {person: heard.get(person.key.user_id, Heard()) for person in cohort}
    none = [person.name for person in cohort if not of[person].sent]
    more = [person.name for person in cohort if len(of[person].sent) > 1]
    todo = "Is each one SENT in the outbox? Events come by best effort: run it once more. See `onlyonce doctor`"
    yield Check("SES accepted a mail to everybody", not none, _listed(none) or f"{len(cohort)} mails", todo)
    todo = "Pause the campaign, and report it with this run's JSON: only once is broken"
    yield Check("Nobody has two", not more, _listed(more) or "no second Send event", todo)
    for ends in dict.fromkeys(person.ends for person in cohort):
        people = [person for person in cohort if person.ends is ends]
        wrong = [f"{person.name} is {statuses[person]}" for person in people if statuses[person] is not ends]
        name = f"A mail to {', '.join(dict.fromkeys(map(_box, people)))} ends {ends}"
        yield Check(name, not wrong, _listed(wrong) or f"{len(people)} messages", "See feedback's log, and its rule")
    suppressed = [person for person in cohort if _box(person) == "suppressionlist"]
    other = [person.name for person in suppressed if not of[person].subtypes & _SUPPRESSED]
    name = "A suppressed address is told from one that bounced"
    yield Check(name, not other, _listed(other) or f"{len(suppressed)} events say so", "See feedback's log")


def _box(person: Person) -> str:
    return person.email.partition("+")[0]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
