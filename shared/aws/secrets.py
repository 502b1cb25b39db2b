"""What Secrets Manager keeps for the stack: the key that unsubscribing's tokens are signed with."""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import SendUnavailableError

REMEMBERED_S = 300


class SigningKey:
    """Read anew after five minutes. A key that was rotated since then is known to the page as the one before (ADR 31)."""

    def __init__(self, client: Any, secret_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._key = b""
        self._until = clock()

    def __call__(self) -> bytes:
        """The current one. Raises SendUnavailableError: without it no mail is asked for."""
        if self._clock() >= self._until:
            try:
                answer = self._client.get_secret_value(SecretId=self._secret_id)
            except (ClientError, BotoCoreError) as error:
                raise SendUnavailableError(f"the key of the unsubscribe links can't be read: {error}") from error
            self._key, self._until = answer["SecretString"].encode(), self._clock() + REMEMBERED_S
        return self._key
