"""An answer of SES that gets lost: the mail is accepted, and the connection is cut before a byte of the answer.

The caller cannot tell this from a network that failed, or from an SES that died, right after SES had accepted.
"""

from collections.abc import Callable
from typing import Any

from hypercorn.protocol.events import StreamClosed
from hypercorn.protocol.http_stream import HTTPStream

from local.engine.mending import replace

_SEND_EMAIL = "/v2/email/outbound-emails"


def install(drops: Callable[[], bool]) -> None:
    """Ask `drops` once for each SendEmail that SES v2 accepted, and cut the connection where it says so."""

    async def app_send(stream: Any, message: Any) -> None:
        if message and message["type"] == "http.response.start" and _is_acceptance(stream, message) and drops():
            # With a response that has not begun, the end of the stream is the end of the connection.
            await stream.send(StreamClosed(stream_id=stream.stream_id))
        elif not stream.closed:
            await stock_send(stream, message)

    stock_send = replace(HTTPStream, "app_send", app_send)


def _is_acceptance(stream: Any, message: Any) -> bool:
    scope = stream.scope
    return bool(message["status"] == 200 and scope["method"] == "POST" and scope["path"] == _SEND_EMAIL)
