"""SES refuses a mail that it would admit: for the account's rate, because somebody else is sending as well; or for good."""

from collections.abc import Callable

from local.engine.mending import replace
from local.engine.mends.ses.refusals import Reason, RefusedError
from local.engine.mends.ses.sending_account import SendingAccount


def install(throttles: Callable[[], bool], rejects: Callable[[], bool]) -> None:
    """Ask each once for each mail that would be admitted, and refuse it where it says so."""

    def admit(account: SendingAccount, recipients: int, simulated: int) -> None:
        if throttles():
            raise RefusedError(Reason.THROTTLED, "Maximum sending rate exceeded.")
        if rejects():
            raise RefusedError(Reason.REJECTED, "The message was rejected, by order.")
        stock_admit(account, recipients, simulated)

    stock_admit = replace(SendingAccount, "admit", admit)
