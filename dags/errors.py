"""The product's errors, as Airflow's: which of them are worth another try, and none with what AWS has quoted of a row."""

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from shared.errors import (
    ForeignTableError,
    InvalidEventError,
    InvalidPeriodError,
    InvalidRunError,
    OnlyonceError,
)

NEVER_BETTER = (ForeignTableError, InvalidEventError, InvalidPeriodError, InvalidRunError)
"""What is the same when it is tried again."""


@contextmanager
def without_values() -> Iterator[None]:
    """Raises AirflowFailException or AirflowException in an error's own words, which name no address. Airflow logs an error with
    all that led to it, and there AWS may have quoted one.
    """
    try:
        yield
    except OnlyonceError as error:
        kind = AirflowFailException if isinstance(error, NEVER_BETTER) else AirflowException
        raise kind(f"{type(error).__name__}: {error}") from None
