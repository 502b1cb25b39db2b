"""One user's messages, and one message's story."""

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ops.absence import listed_of, why_none
from ops.addressee import user_of
from ops.console.acts.messages import HAPPENS, NAMES, allowed
from ops.console.addresses import user_address
from ops.console.asked import asked
from ops.console.desk import Desk
from ops.console.forms import read_form
from ops.console.headers import MAIL
from ops.decide import RISK
from ops.errors import RefusedError
from ops.formatting import masked, plain, when
from ops.links import links
from ops.mail.page import Sheet
from ops.snapshot import snapshot_of
from ops.story import instants, story
from ops.user import months_of
from shared.keys import Key
from shared.outbox.states import FINAL
from shared.outbox.transitions import RESEND
from shared.store import Item

_FACTS = {
    "attempt": "Attempts",
    "fence": "Fence",
    "execution": "Execution",
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
            return desk.page("search.html", sought="", why_not="")
        if not given.get("period"):
            return _user(desk, given["user"])
        key = Key.of(given["user"], given["period"])
        return _message(desk, key, reveal=given.get("reveal") == "yes", mail=given.get("mail") == "yes")

    def mail(request: Request) -> Response:
        return _frame(desk, Key.of(request.query_params.get("user"), request.query_params.get("period")))

    async def search(request: Request) -> Response:
        form = await read_form(request, desk)
        if isinstance(form, Response):
            return form
        return await run_in_threadpool(asked(_search), desk, form.get("sought", "").strip())

    return [
        Route("/message", asked(message), methods=["GET"]),
        Route("/message", search, methods=["POST"]),
        Route("/message/mail", asked(mail)),
    ]


def _search(desk: Desk, sought: str) -> Response:
    """A POST, so that no address stands in the browser's history."""
    try:
        return RedirectResponse(user_address(user_of(desk.session, sought, None)), HTTPStatus.SEE_OTHER)
    except RefusedError as refused:
        return desk.page("search.html", HTTPStatus.NOT_FOUND, sought=sought, why_not=str(refused))


def _user(desk: Desk, user_id: str) -> Response:
    listed, why_not = listed_of(desk.session, user_id)
    months = months_of(desk.session, user_id, listed)
    known = any(month.snapshot or month.reasons for month in months)
    status = HTTPStatus.OK if known else HTTPStatus.NOT_FOUND
    return desk.page("user.html", status, user_id=user_id, months=months, known=known, why_not=why_not)


def _absent(desk: Desk, key: Key, *, reveal: bool, row: bool) -> Response:
    """Who has no message of the month, and why."""
    sheet = Sheet(key.user_id, desk.mails.of(key)) if row else None
    values = {"key": key, "reasons": why_none(desk.session, key), "sheet": sheet, "reveal": reveal}
    return desk.page("absent.html", HTTPStatus.NOT_FOUND, **values)


def _message(desk: Desk, key: Key, *, reveal: bool, mail: bool) -> Response:
    item = desk.session.messages.get(key._asdict())
    if item is None:
        return _absent(desk, key, reveal=reveal, row=mail)
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
        links=links(desk.session.stage, key, item, instants(events)),
        sheet=Sheet(key.user_id, desk.mails.of(key)) if mail else None,
        decisions=[(one, NAMES[one], HAPPENS[one], RISK if one is RESEND else "") for one in allowed(snapshot.status)],
    )


def _frame(desk: Desk, key: Key) -> Response:
    """A mail's HTML part alone, for a frame without rights."""
    rendered = desk.mails.of(key).rendered
    if rendered is None:
        raise RefusedError("there is no mail to show")
    return HTMLResponse(rendered.html, headers=MAIL)


def _email(item: Item, *, reveal: bool) -> str:
    email = item.get("email")
    if email is None and item.get("status") in FINAL:
        return "dropped, as the message is final"
    return plain(email or "", reveal=True) if reveal else masked(email or "")
