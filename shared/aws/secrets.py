"""What Secrets Manager keeps for the stack: the key that unsubscribing's tokens are signed with."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import SendUnavailableError


class SigningKey:
    """Read once in a process. A key that was rotated since then is known to the page as the one before (ADR 31)."""

    def __init__(self, client: Any, secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id
        self._key: bytes | None = None

    def __call__(self) -> bytes:
        """The current one. Raises SendUnavailableError: without it no mail is asked for."""
        if self._key is None:
            try:
                answer = self._client.get_secret_value(SecretId=self._secret_id)
            except (ClientError, BotoCoreError) as error:
                raise SendUnavailableError(f"the key of the unsubscribe links can't be read: {error}") from error
            self._key = answer["SecretString"].encode()
        return self._key
