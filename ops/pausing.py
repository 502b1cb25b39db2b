"""pause, resume: the campaign's switch."""

from ops import diary
from ops.errors import RefusedError
from ops.formatting import minutes, plain, when
from ops.session import Session
from shared.errors import FunctionStartError
from shared.pacing.control_item import CACHE_FOR, KEY


def pause(session: Session, reason: str, by: str) -> int:
    """Raises RefusedError if it is paused already, or was never begun."""
    said = f"{reason} ({by})"
    session.campaign.pause(said)
    found = session.control.get(KEY) or {}
    if not found.get("paused"):
        raise RefusedError("somebody has resumed the campaign at the same moment: it runs")
    if found["paused"] != said:
        since = when(found.get("paused_at", "unknown"))
        raise RefusedError(f"it is paused already, since {since}: {plain(found['paused'])}. Nothing was done")
    diary.note(session, "pause", by, reason)
    session.say(f"paused: {said}")
    session.say(
        f"What SES is being asked for now, and for {CACHE_FOR.seconds} more seconds, may still go out. "
        "Everything else waits as PENDING"
    )
    return 0


def resume(session: Session) -> int:
    """Raises RefusedError if it is not paused."""
    why = session.paused
    if why is None:
        session.campaign.state()  # says it if there is no campaign
        raise RefusedError(
            "the campaign is not paused: nothing to do (`status` tells whether it waits for another reason)"
        )
    session.campaign.resume()
    diary.note(session, "resume", diary.person(session), f"it was paused: {why}")
    session.say(f"resumed; it was paused: {plain(why)}")
    why = session.campaign.state().halted(session.clock())
    if why is not None:
        session.say(f"It waits all the same, as `status` shows: {plain(why)}")
        return 0
    try:
        session.sweep()
    except FunctionStartError as error:
        session.say(f"The sweeper can't be started now: {plain(error)}")
        within = minutes(session.stage.sweep_every)
        session.say(f"It brings the waiting messages back when it next runs, within {within}")
    else:
        session.say(
            "The sweeper has been started: it brings the waiting messages back at once, as many as the pace takes"
        )
    return 0
