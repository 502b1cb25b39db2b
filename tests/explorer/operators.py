"""An operator at work: decides about messages, pauses and resumes, through the code of the command line."""

import io
import random
from collections.abc import Callable
from contextlib import suppress

from rich.console import Console

from ops import switch
from ops.decisions import VERBS, Decision, carry_out
from ops.desk import Desk, campaign_of
from ops.errors import RefusedError
from ops.record import read
from shared.keys import Key
from shared.outbox.states import HELD
from tests.explorer.chaos import lasting
from tests.explorer.functions import Parts
from tests.explorer.story import Story


def desk_of(parts: Parts) -> Desk:
    """The operator's, over the schedule's tables."""
    control = parts.control_table
    functions = parts.functions("sweeper")
    return Desk(
        name="test",
        messages=parts.outbox_table,
        control=control,
        outbox=parts.outbox,
        campaign=campaign_of(control, parts.clock),
        runs=parts.runs,
        open_runs=parts.open_runs,
        scan=lambda _: iter(()),
        produce=lambda _: {},
        sweep=lambda: functions.start({}),
        caller=lambda: "ana",
        clock=parts.clock,
        console=Console(file=io.StringIO()),
        ask=lambda _: "",
    )


def decide(parts: Parts, key: Key, rng: random.Random, story: Story, who: str) -> None:
    """Looks at a message, thinks about it, and decides something that the status allows, or not."""
    desk = desk_of(parts)
    record = read(desk.messages, key)
    fitting = [verb for verb, one in VERBS.items() if record.status in one.sources]
    fits = record.status in HELD and rng.random() < 0.8
    verb = rng.choice(fitting if fits else sorted(VERBS))
    parts.aws.processes.wait(rng.choice([1.0, 5.0, 60.0, lasting(rng)]))
    outcome = carry_out(Decision(VERBS[verb], who, "because"), record, desk.outbox)
    story.tell((key.user_id, key.period), who, f"{verb}: {outcome.why_not or 'done'}")


def pause(parts: Parts) -> None:
    _switch(lambda desk: switch.pause(desk, "wrong text", "ana"), parts)


def resume(parts: Parts) -> None:
    _switch(switch.resume, parts)


def _switch(what: Callable[[Desk], object], parts: Parts) -> None:
    with suppress(RefusedError):  # it is paused, or runs, already
        what(desk_of(parts))
