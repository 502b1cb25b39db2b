"""The embedded SES's own URLs, for tests, the demo and whoever wants to see a mail.

    GET    /_onlyonce/ses        limits, switches and figures; ?accepted_at=1 adds the times (seconds, epoch), and
                                 ?refused_at=1 those of the refused requests, by reason
    PUT    /_onlyonce/ses        set any of rate, daily, sending_enabled, enforcement, events, event_delay_s
    DELETE /_onlyonce/ses        limits, switches and figures start afresh
    GET    /_onlyonce/mail       the newest mails as a page; ?q= filters by recipient
    GET    /_onlyonce/mail/{id}  one mail's HTML part

On AWS the limits are Support's to change, and events come when they come: `events: false` drops them,
`event_delay_s` holds them back. All of it concerns the account and region of the request's signature,
us-east-1 without one.
"""

from collections.abc import Callable
from typing import Any

from local.engine.mends.ses import inbox, pages, routes, sending_account
from local.engine.mends.ses.sending_account import ENFORCEMENT_STATUSES, UNLIMITED, SendingAccount

MOST_LISTED = 200
# A mail's HTML is shown, never run.
_MAIL_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src * data:",
}

# Each setting: the attribute that it sets, the types it can have, what its value must be, and that in words.
_SETTINGS: dict[str, tuple[str, tuple[type, ...], Callable[[Any], bool], str]] = {
    "rate": ("rate", (int, float), lambda v: v > 0, "a number above 0"),
    "daily": ("daily", (int,), lambda v: v >= UNLIMITED, "a whole number from 0, or -1 for no limit"),
    "sending_enabled": ("sending_enabled", (bool,), lambda _: True, "true or false"),
    "enforcement": (
        "enforcement",
        (str,),
        lambda v: v in ENFORCEMENT_STATUSES,
        f"one of {', '.join(ENFORCEMENT_STATUSES)}",
    ),
    "events": ("events_enabled", (bool,), lambda _: True, "true or false"),
    "event_delay_s": ("event_delay_s", (int, float), lambda v: v >= 0, "a number of seconds from 0"),
}


def mend() -> None:
    """Add the URLs."""
    routes.add_own("GET", "ses", _show)
    routes.add_own("PUT", "ses", _change)
    routes.add_own("DELETE", "ses", _forget)
    routes.add_own("GET", "mail", _mails)
    routes.add_own("GET", "mail/([^/]+)", _mail)


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
        **{name: getattr(account, attribute) for name, (attribute, *_) in _SETTINGS.items()},
        "accepted": len(account.accepted_at),
        "refused": {reason.name.lower(): len(times) for reason, times in account.refused_at.items()},
        "sent_last_24_hours": account.sent_last_24_hours(),
        "most_in_any_second": account.most_in_any_second(),
    }


def _change(request: routes.Request) -> routes.Response:
    for name, value in request.body.items():
        if name not in _SETTINGS:
            return routes.json_response({"message": f"There is no {name!r}: {', '.join(_SETTINGS)} can be set."}, 400)
        _, types, fits, words = _SETTINGS[name]
        if type(value) not in types or not fits(value):
            return routes.json_response({"message": f"{name} must be {words}."}, 400)
    account = sending_account.current()
    for name, value in request.body.items():
        setattr(account, _SETTINGS[name][0], value)
    return routes.json_response(_figures(account))


def _forget(_: routes.Request) -> routes.Response:
    sending_account.forget_current()
    return routes.json_response(_figures(sending_account.current()))


def _mails(request: routes.Request) -> routes.Response:
    q = request.query.get("q", "")
    page = pages.index(inbox.newest(MOST_LISTED, q), inbox.count(), q)
    return 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()


def _mail(request: routes.Request) -> routes.Response:
    mail = inbox.find(request.groups[0])
    if mail is None:
        return routes.json_response({"message": "No mail has that id: see /_onlyonce/mail."}, 404)
    return 200, _MAIL_HEADERS, pages.body(mail).encode()
