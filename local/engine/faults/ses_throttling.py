"""SES refuses a mail for the account's rate, although it was not exceeded here: somebody else may be sending as well."""

from collections.abc import Callable

from local.engine.mending import replace
from local.engine.mends.ses.refusals import Reason, RefusedError
from local.engine.mends.ses.sending_account import SendingAccount


def install(refuses: Callable[[], bool]) -> None:
    """Ask `refuses` once for each mail that would be admitted, and refuse it where it says so."""

    def admit(account: SendingAccount, recipients: int, simulated: int) -> None:
        if refuses():
            raise RefusedError(Reason.THROTTLED, "Maximum sending rate exceeded.")
        stock_admit(account, recipients, simulated)

    stock_admit = replace(SendingAccount, "admit", admit)
