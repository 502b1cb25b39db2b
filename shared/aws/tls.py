"""The certificates that AWS is trusted by are read once for each client, not for each connection (ADR 43 D6)."""

import ssl
from typing import Any

from botocore import httpsession


class _ReadOnce(ssl.SSLContext):
    """urllib3 has them loaded for every connection that it makes: some 30 ms of CPU, and the same ones each time."""

    def load_verify_locations(self, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        read = self.__dict__.setdefault("_read", set())
        if (cafile, capath, cadata) not in read:
            super().load_verify_locations(cafile, capath, cadata)
            read.add((cafile, capath, cadata))


def read_certificates_once() -> None:
    """Of clients that are made from now on. What they verify stays the same."""
    httpsession.SSLContext = _ReadOnce  # type: ignore[attr-defined]
