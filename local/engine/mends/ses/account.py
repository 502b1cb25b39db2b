"""The account's attributes, reported truthfully, and its switch for sending.

GetAccount (v2) and GetSendQuota (v1) report the limits in force and the recipients of the last 24 hours;
PutAccountSendingAttributes pauses sending, and cannot resume an account that AWS shut down (source: botocore
model sesv2). Stock MiniStack reports 50,000 a day, 14 a second and HEALTHY whatever happens, counts messages
instead of recipients, and does not know PutAccountSendingAttributes.
"""

from typing import Any

from ministack.services import ses

from local.engine.mending import replace
from local.engine.mends.ses import routes, sending_account


def mend() -> None:
    """Answer for the account in both API versions."""
    routes.add_v2("GET", "/account", _get_account)
    routes.add_v2("PUT", "/account/sending", _put_sending)
    replace(ses, "_get_send_quota", _get_send_quota)


def _get_account(_: routes.Request) -> routes.Response:
    account = sending_account.current()
    details = (ses._account_details.get("account") or {}).get("Details")
    answer: dict[str, Any] = {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": account.enforcement,
        "ProductionAccessEnabled": ses._production_access_enabled(),
        "SendQuota": {
            "Max24HourSend": float(account.max_24_hour_send),
            "MaxSendRate": float(account.max_send_rate),
            "SentLast24Hours": float(account.sent_last_24_hours()),
        },
        "SendingEnabled": account.sending_enabled and account.enforcement != "SHUTDOWN",
        "SuppressionAttributes": {"SuppressedReasons": account.suppressed_reasons},
    }
    return routes.json_response({**answer, "Details": details} if details else answer)


def _put_sending(request: routes.Request) -> routes.Response:
    sending_account.current().sending_enabled = bool(request.body.get("SendingEnabled"))
    return routes.json_response({})


def _get_send_quota(_: Any) -> Any:
    account = sending_account.current()
    figures = {
        "Max24HourSend": float(account.max_24_hour_send),
        "MaxSendRate": float(account.max_send_rate),
        "SentLast24Hours": float(account.sent_last_24_hours()),
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in figures.items())
    return ses._xml(200, "GetSendQuotaResponse", f"<GetSendQuotaResult>{inner}</GetSendQuotaResult>")
