"""The embedded SES's own URLs, for tests, for the demo, and for people who want to see a mail.

    GET    /_onlyonce/ses        limits, switches and figures; ?accepted_at=1 adds the times (seconds, epoch), and
                                 ?refused_at=1 those of the refused requests, by reason
    PUT    /_onlyonce/ses        set any of rate, daily, others, answer_after_s, sending_enabled, enforcement, events,
                                 events_held, event_delay_s, outcomes; null sets one back to what it is at the start
    DELETE /_onlyonce/ses        limits, switches and figures start afresh
    POST   /_onlyonce/render     {"parts": {name: Handlebars}, "data": object}: the parts rendered, or
                                 {"message", "part", "line"} of what is wrong
    GET    /_onlyonce/mail       the newest mails as a page; ?q= filters by recipient, ?became= by what became of them
    GET    /_onlyonce/mail/{id}  one mail as a page: headers, tags, events, text part, HTML part
    GET    /_onlyonce/mail/{id}/html  its HTML part alone
    GET    /_onlyonce/unsubscribe/{id}  the page behind the link in a mail that belongs to a contact list; POST unsubscribes

On AWS the limits are Support's to change, and events come when they come: `events: false` drops them, `events_held` keeps
them back until it is false again, `event_delay_s` makes them late. `others` is the share of the rate that another sender
uses. `answer_after_s`: so late v2's SendEmail answers, whose decision has fallen at once. `outcomes` orders what becomes of mail
to ordinary addresses: a list of {"to": a pattern, looked for in the address, "outcome": one of outcomes.ORDERED}; the first
that fits counts. All of it concerns the account and region of the request's signature, us-east-1 without one.
"""

from collections.abc import Callable
from typing import Any

from local.engine.mends.ses import delivery, inbox, outcomes, pages, routes, sending_account
from local.engine.mends.ses.handlebars import RenderingError, renderer
from local.engine.mends.ses.sending_account import ENFORCEMENT_STATUSES, UNLIMITED, SendingAccount

MOST_LISTED = 200
_PAGE_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'",
}
# A mail's HTML is shown, never run.
_MAIL_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src * data:",
}

# Each setting: the attribute that it sets, the types it can have, what its value must be, and that in words.
_SETTINGS: dict[str, tuple[str, tuple[type, ...], Callable[[Any], bool], str]] = {
    "rate": ("rate", (int, float), lambda v: v > 0, "a number above 0"),
    "daily": ("daily", (int,), lambda v: v >= UNLIMITED, "a whole number from 0, or -1 for no limit"),
    "others": ("others", (int, float), lambda v: 0 <= v < 1, "a share from 0, below 1"),
    "answer_after_s": ("answer_after_s", (int, float), lambda v: v >= 0, "a number of seconds from 0"),
    "sending_enabled": ("sending_enabled", (bool,), lambda _: True, "true or false"),
    "enforcement": (
        "enforcement",
        (str,),
        lambda v: v in ENFORCEMENT_STATUSES,
        f"one of {', '.join(ENFORCEMENT_STATUSES)}",
    ),
    "events": ("events_enabled", (bool,), lambda _: True, "true or false"),
    "events_held": ("events_held", (bool,), lambda _: True, "true or false"),
    "event_delay_s": ("event_delay_s", (int, float), lambda v: v >= 0, "a number of seconds from 0"),
    "outcomes": (
        "outcomes",
        (list,),
        lambda rules: all(map(outcomes.is_rule, rules)),
        f'a list of {{"to": a pattern, "outcome": one of {", ".join(outcomes.ORDERED)}}}',
    ),
}


def mend() -> None:
    """Add the URLs."""
    routes.add_own("GET", "ses", _show)
    routes.add_own("PUT", "ses", _change)
    routes.add_own("DELETE", "ses", _forget)
    routes.add_own("POST", "render", _render)
    routes.add_own("GET", "mail", _mails)
    routes.add_own("GET", "mail/([^/]+)", _mail)
    routes.add_own("GET", "mail/([^/]+)/html", _html)


def _show(request: routes.Request) -> routes.Response:
    account = sending_account.current()
    figures = _figures(account)
    if "accepted_at" in request.query:
        figures["accepted_at"] = list(account.accepted_at)
    if "refused_at" in request.query:
        figures["refused_at"] = {reason.name.lower(): list(times) for reason, times in account.refused_at.items()}
    return routes.json_response(figures)


def _figures(account: SendingAccount) -> dict[str, Any]:
    return {
        **_settings(account),
        "at_start": _settings(sending_account.untouched()),
        "accepted": len(account.accepted_at),
        "refused": {reason.name.lower(): len(times) for reason, times in account.refused_at.items()},
        "sent_last_24_hours": account.sent_last_24_hours(),
        "most_in_any_second": account.most_in_any_second(),
    }


def _settings(account: SendingAccount) -> dict[str, Any]:
    return {name: getattr(account, attribute) for name, (attribute, *_) in _SETTINGS.items()}


def _change(request: routes.Request) -> routes.Response:
    at_start, wanted = _settings(sending_account.untouched()), {}
    for name, value in request.body.items():
        if name not in _SETTINGS:
            return routes.json_response({"message": f"There is no {name!r}: {', '.join(_SETTINGS)} can be set."}, 400)
        _, types, fits, words = _SETTINGS[name]
        wanted[name] = at_start[name] if value is None else value
        if type(wanted[name]) not in types or not fits(wanted[name]):
            return routes.json_response({"message": f"{name} must be {words}."}, 400)
    account = sending_account.current()
    for name, value in wanted.items():
        setattr(account, _SETTINGS[name][0], value)
    delivery.release()
    return routes.json_response(_figures(account))


def _forget(_: routes.Request) -> routes.Response:
    sending_account.current().events_held = False
    delivery.release()
    sending_account.forget_current()
    return routes.json_response(_figures(sending_account.current()))


def _render(request: routes.Request) -> routes.Response:
    parts, data = request.body.get("parts"), request.body.get("data")
    if not isinstance(parts, dict) or not isinstance(data, dict):
        return routes.json_response({"message": "Wanted: an object of parts, and an object of data."}, 400)
    try:
        return routes.json_response(renderer.render(parts, data))
    except RenderingError as error:
        return routes.json_response({"message": str(error), "part": error.part, "line": error.line}, 400)


def _mails(request: routes.Request) -> routes.Response:
    q, became = request.query.get("q", ""), request.query.get("became", "")
    page = pages.index(inbox.newest(MOST_LISTED, q, became), inbox.counts(), q, became)
    return _page(page)


def _mail(request: routes.Request) -> routes.Response:
    found = inbox.located(request.groups[0])
    return _page(pages.mail(found.mail)) if found else _missing()


def _html(request: routes.Request) -> routes.Response:
    found = inbox.located(request.groups[0])
    return (200, dict(_MAIL_HEADERS), pages.html_part(found.mail).encode()) if found else _missing()


def _page(page: str) -> routes.Response:
    return 200, dict(_PAGE_HEADERS), page.encode()  # a copy: MiniStack writes the body's length into it


def _missing() -> routes.Response:
    return routes.json_response({"message": "No mail has that id: see /_onlyonce/mail."}, 404)
