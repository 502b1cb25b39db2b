"""pause, resume: the campaign's switch."""

from ops.desk import Desk
from ops.errors import RefusedError
from ops.words import plain, when
from shared.campaign import CACHE_FOR, KEY


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
    desk.say("The sweeper brings the waiting messages back, the first within some fifteen minutes")
    return 0
