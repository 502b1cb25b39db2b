"""pause, resume: the campaign's switch."""

from ops.desk import Desk
from ops.errors import RefusedError
from ops.words import plain, when
from shared.errors import FunctionStartError
from shared.pacing.control_item import CACHE_FOR, KEY
from shared.sweeping.intervals import SWEEP_EVERY


def pause(desk: Desk, reason: str, by: str) -> int:
    """Raises RefusedError if it is paused already, or was never begun."""
    said = f"{reason} ({by})"
    desk.campaign.pause(said)
    found = desk.control.get(KEY) or {}
    if not found.get("paused"):
        raise RefusedError("somebody has resumed the campaign at the same moment: it runs")
    if found["paused"] != said:
        since = when(found.get("paused_at", "unknown"))
        raise RefusedError(f"it is paused already, since {since}: {plain(found['paused'])}. Nothing was done")
    desk.say(f"paused: {said}")
    desk.say(
        f"What SES is being asked for now, and for {CACHE_FOR.seconds} more seconds, may still go out. "
        "Everything else waits as PENDING"
    )
    return 0


def resume(desk: Desk) -> int:
    """Raises RefusedError if it is not paused."""
    why = desk.paused
    if why is None:
        desk.campaign.state()  # says it if there is no campaign
        raise RefusedError(
            "the campaign is not paused: nothing to do (`status` tells whether it waits for another reason)"
        )
    desk.campaign.resume()
    desk.say(f"resumed; it was paused: {plain(why)}")
    why = desk.campaign.state().halted(desk.clock())
    if why is not None:
        desk.say(f"It waits all the same, as `status` shows: {plain(why)}")
        return 0
    try:
        desk.sweep()
    except FunctionStartError as error:
        desk.say(f"The sweeper can't be started now: {plain(error)}")
        desk.say(f"It brings the waiting messages back when it next runs, within {SWEEP_EVERY.seconds // 60} minutes")
    else:
        desk.say("The sweeper has been started: it brings the waiting messages back at once, as many as the pace takes")
    return 0
