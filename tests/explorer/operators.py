"""An operator at work: decides about messages, pauses and resumes, through the code of the command line."""

import io
import random
from collections.abc import Callable
from contextlib import suppress

from rich.console import Console

from ops import pausing
from ops.aws import Stage
from ops.decision import VERBS, Decision, carry_out
from ops.errors import RefusedError
from ops.privacy.bucket import Bucket
from ops.session import Session, campaign_of
from ops.snapshot import read
from shared.keys import Key
from shared.outbox.states import HELD
from shared.producing.unsubscribed import Unsubscribed
from shared.sweeping.accounting import Accounting
from simulation.fakes.producing import FakeAccount
from tests.explorer.chaos import lasting
from tests.explorer.functions import Parts
from tests.explorer.story import Story


def session_of(parts: Parts) -> Session:
    """The operator's, over the schedule's tables."""
    control = parts.control_table
    functions = parts.functions("sweeper")
    return Session(
        name="test",
        stage=Stage("test", "CREATE_COMPLETE", {}),
        read=lambda *_, **__: {},
        messages=parts.outbox_table,
        control=control,
        outbox=parts.outbox,
        pin=parts.pin,
        campaign=campaign_of(control, parts.clock),
        runs=parts.runs,
        open_runs=parts.open_runs,
        accounting=Accounting(control, parts.outbox, parts.open_runs, parts.clock),
        unsubscribed=lambda: Unsubscribed(control, parts.clock),
        athena=lambda *_: parts.aws.athena,  # type: ignore[arg-type]
        account=lambda: FakeAccount(parts.aws.network, parts.account.make),
        bucket=lambda: Bucket(None, ""),
        scan=lambda _: iter(()),
        find=lambda *_: iter(()),
        send=lambda _: "",
        produce=lambda _: {},
        sweep=lambda: functions.start({}),
        caller=lambda: "ana",
        clock=parts.clock,
        console=Console(file=io.StringIO()),
        ask=lambda _: "",
    )


def decide(parts: Parts, key: Key, rng: random.Random, story: Story, who: str) -> None:
    """Looks at a message, thinks about it, and decides something that the status allows, or not."""
    session = session_of(parts)
    snapshot = read(session.messages, key)
    fitting = [verb for verb, one in VERBS.items() if snapshot.status in one.sources]
    fits = snapshot.status in HELD and rng.random() < 0.8
    verb = rng.choice(fitting if fits else sorted(VERBS))
    parts.aws.processes.wait(rng.choice([1.0, 5.0, 60.0, lasting(rng)]))
    outcome = carry_out(Decision(VERBS[verb], who, "because"), snapshot, session.outbox)
    story.tell((key.user_id, key.period), who, f"{verb}: {outcome.why_not or 'done'}")


def pause(parts: Parts) -> None:
    _switch(lambda session: pausing.pause(session, "wrong text", "ana"), parts)


def resume(parts: Parts) -> None:
    _switch(pausing.resume, parts)


def _switch(what: Callable[[Session], object], parts: Parts) -> None:
    with suppress(RefusedError):  # it is paused, or runs, already
        what(session_of(parts))
