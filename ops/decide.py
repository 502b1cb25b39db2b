"""redrive, assume-sent, resend, cancel: shows what will be done, asks, does it, and tells what was lost on the way."""

from collections import Counter
from collections.abc import Callable, Sequence

from rich.progress import track
from rich.table import Table

from ops import diary
from ops.decision import Decision, Outcome, carry_out
from ops.errors import RefusedError
from ops.formatting import counted, named, plain
from ops.parallel import each
from ops.session import Session
from ops.snapshot import Snapshot, read
from shared.keys import Key
from shared.outbox.transitions import RESEND

RISK = (
    "SES was asked for this mail and its answer was lost: perhaps it went out. "
    "Whoever got it and is sent it again gets a SECOND MAIL."
)
_LISTED = 20


def on_message(session: Session, decision: Decision, key: Key, *, accepted: bool) -> int:
    """On one message, after all that is looked at before. Raises RefusedError when nothing was done."""
    session.check_table()
    snapshot = read(session.messages, key)
    if not still_wanted(session, decision, [snapshot]):
        raise RefusedError("nothing was done. If they want it all the same, `resubscribe` them first")
    warn(session, decision, [snapshot], accepted=accepted)
    return decide_one(session, decision, snapshot)


def on_several(
    session: Session, decision: Decision, find: Callable[[], Sequence[Snapshot]], *, accepted: bool, agreed: bool
) -> int:
    """On those that `find` gives. 1 if any was not done. Raises RefusedError when nothing was done."""
    session.check_table()
    snapshots = still_wanted(session, decision, find())
    warn(session, decision, snapshots, accepted=accepted)
    return decide_many(session, decision, snapshots, agreed=agreed)


def decide_one(session: Session, decision: Decision, snapshot: Snapshot) -> int:
    """Raises RefusedError when nothing was done."""
    outcome = carry_out(decision, snapshot, session.outbox)
    if outcome.why_not:
        raise RefusedError(f"{named(snapshot.key)}: {outcome.why_not}")
    session.say(f"{named(snapshot.key)}: {snapshot.status} → {decision.transition.to}")
    _tell_next(session, decision, [snapshot])
    return 0


def decide_many(session: Session, decision: Decision, snapshots: Sequence[Snapshot], *, agreed: bool) -> int:
    """All of them, once the operator has agreed to their number. One that is lost does not hold up the others. 1 if any was
    not done.
    """
    if not snapshots:
        raise RefusedError("no message fits: nothing to do")
    session.say(f"{decision.verb}: {counted(len(snapshots))}")
    session.console.print(_overview(snapshots))
    if not agreed:
        number = len(snapshots)
        session.agree(f"{decision.verb} {counted(number)}: type {number} to go on: ", str(number))
    outcomes = _carry_out(session, decision, snapshots)
    done = sum(outcome.why_not is None for outcome in outcomes)
    session.say(f"{done:,} of {counted(len(snapshots))} → {decision.transition.to}")
    _tell_losses(session, outcomes, len(snapshots) - len(outcomes))
    if done:
        _tell_next(session, decision, [outcome.snapshot for outcome in outcomes if outcome.why_not is None])
    return 0 if done == len(snapshots) else 1


def warn(session: Session, decision: Decision, snapshots: Sequence[Snapshot], *, accepted: bool) -> None:
    """Says what a resend may cost, if it would be done. Raises RefusedError if that was not accepted."""
    if decision.transition is RESEND and any(one.status in RESEND.sources for one in snapshots):
        if not accepted:
            raise RefusedError(f"{RISK}\nNothing was done. If that is what you want, add --accept-risk")
        session.say(RISK)


def still_wanted(session: Session, decision: Decision, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """Of those that would be sent, without who has unsubscribed since; it says how many they are."""
    if not decision.transition.reopens:
        return list(snapshots)
    out = _unsubscribed(session)
    wanted = [one for one in snapshots if one.key.user_id not in out or one.status not in decision.transition.sources]
    if left_out := len(snapshots) - len(wanted):
        session.say(f"{counted(left_out)} left out, whose users have unsubscribed: `cancel` withdraws them")
    return wanted


def _unsubscribed(session: Session) -> frozenset[str]:
    """None on a stage that is older than their table."""
    try:
        return session.unsubscribed().users()
    except RefusedError:
        return frozenset()


def _carry_out(session: Session, decision: Decision, snapshots: Sequence[Snapshot]) -> list[Outcome]:
    """Stops where DynamoDB is unavailable: it would be so for all the rest."""
    outcomes: list[Outcome] = []
    results = each(lambda snapshot: carry_out(decision, snapshot, session.outbox), snapshots)
    shown = track(
        results,
        decision.verb,
        len(snapshots),
        console=session.console,
        transient=True,
        disable=not session.console.is_terminal,
    )
    for outcome in shown:
        outcomes.append(outcome)
        if outcome.unknown:
            break
    return outcomes


def _overview(snapshots: Sequence[Snapshot]) -> Table:
    kinds = Counter((snapshot.key.period, snapshot.status or "absent", snapshot.reason()) for snapshot in snapshots)
    table = Table(header_style="bold")
    for head in ("messages", "period", "status", "reason"):
        table.add_column(head, justify="right" if head == "messages" else "left", overflow="fold")
    for (period, status, reason), number in kinds.most_common(_LISTED):
        table.add_row(f"{number:,}", period, status, reason)
    if len(kinds) > _LISTED:
        rest = sum(number for _, number in kinds.most_common()[_LISTED:])
        table.add_row(f"{rest:,}", "", "", f"{len(kinds) - _LISTED:,} other reasons")
    return table


def _tell_losses(session: Session, outcomes: Sequence[Outcome], untried: int) -> None:
    lost = [outcome for outcome in outcomes if outcome.why_not]
    for outcome in lost[:_LISTED]:
        session.say(f"✗ {named(outcome.snapshot.key)}: {outcome.why_not}")
    if len(lost) > _LISTED:
        session.say(f"  and {len(lost) - _LISTED:,} more that were not done")
    if untried:
        session.say(f"✗ {counted(untried)} after that may not have been tried. The same command does the rest")


def _tell_next(session: Session, decision: Decision, done: Sequence[Snapshot]) -> None:
    for period, number in Counter(snapshot.key.period for snapshot in done).items():
        diary.note(session, decision.verb, decision.by, decision.reason, period, number)
    session.say(f"recorded: {decision.by}: {decision.reason}")
    if decision.transition.reopens and (why := session.paused):
        session.say(f"the campaign is paused ({plain(why)}): nothing is sent until `resume`")
