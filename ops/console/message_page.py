"""One user's messages, and one message's story."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ops.console.acts.messages import HAPPENS, NAMES, allowed
from ops.console.addresses import user_address
from ops.console.asked import asked
from ops.console.desk import Desk
from ops.console.finding import find
from ops.console.forms import read_form
from ops.console.story import Event, story
from ops.decide import RISK
from ops.formatting import masked, plain, when
from ops.links import links
from ops.rejections import rejections
from ops.snapshot import snapshot_of
from shared.keys import Key
from shared.outbox.states import FINAL
from shared.outbox.transitions import RESEND
from shared.store import Item
from shared.times import from_text

_FACTS = {
    "attempt": "Attempts",
    "fence": "Fence",
    "send_at": "Slot",
    "lease_expires_at": "Lease until",
    "due_at": "Due",
    "nudges": "Nudges",
    "ses_message_id": "SES's id",
    "template": "Template",
    "decided_by": "Decided by",
    "decision": "Decision",
}
"""What of the item is shown beside what has a place of its own. What the mail says is the recipient's affair."""


def routes(desk: Desk) -> list[Route]:
    def message(request: Request) -> Response:
        given = request.query_params
        if not given.get("user"):
            return desk.page("search.html", found=None, sought="")
        if not given.get("period"):
            return _user(desk, given["user"])
        return _message(desk, Key.of(given["user"], given["period"]), reveal=given.get("reveal") == "yes")

    async def search(request: Request) -> Response:
        form = await read_form(request, desk)
        if isinstance(form, Response):
            return form
        return await run_in_threadpool(asked(_search), desk, form.get("sought", "").strip())

    return [Route("/message", asked(message), methods=["GET"]), Route("/message", search, methods=["POST"])]


def _search(desk: Desk, sought: str) -> Response:
    """A POST, so that no address stands in the browser's history."""
    found = find(desk.session, sought)
    if len(found.users) == 1:
        return RedirectResponse(user_address(found.users[0]), HTTPStatus.SEE_OTHER)
    return desk.page("search.html", found=found, sought=sought)


def _user(desk: Desk, user_id: str) -> Response:
    items = desk.session.messages.partition("user_id", user_id)
    snapshots = [snapshot_of(Key(user_id, str(item["period"])), item) for item in items]
    snapshots.sort(key=lambda one: one.key.period, reverse=True)
    status = HTTPStatus.OK if snapshots else HTTPStatus.NOT_FOUND
    rejected = rejections(desk.session, user_id)
    return desk.page("user.html", status, user_id=user_id, messages=snapshots, rejected=rejected)


def _message(desk: Desk, key: Key, *, reveal: bool) -> Response:
    item = desk.session.messages.get(key._asdict())
    if item is None:
        return _user(desk, key.user_id)
    snapshot, events = snapshot_of(key, item), story(item)
    return desk.page(
        "message.html",
        key=key,
        snapshot=snapshot,
        reason=snapshot.reason(reveal=reveal),
        email=_email(item, reveal=reveal),
        reveal=reveal,
        facts=[(words, when(plain(item[name]))) for name, words in _FACTS.items() if item.get(name) not in (None, "")],
        events=events,
        links=links(desk.session.stage, key, snapshot.fence, _instants(events)),
        decisions=[(one, NAMES[one], HAPPENS[one], RISK if one is RESEND else "") for one in allowed(snapshot.status)],
    )


def _email(item: Item, *, reveal: bool) -> str:
    email = item.get("email")
    if email is None and item.get("status") in FINAL:
        return "dropped, as the message is final"
    return plain(email or "", reveal=True) if reveal else masked(email or "")


def _instants(events: Sequence[Event]) -> list[datetime]:
    found = []
    for event in events:
        with suppress(ValueError):  # an item may have been edited into anything
            found.append(from_text(event.at))
    return found
