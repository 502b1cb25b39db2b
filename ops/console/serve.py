"""Serves the console on this machine, until Ctrl-C."""

import os
import socket
import sys
import webbrowser
from contextlib import suppress
from threading import Thread, Timer

import uvicorn

from ops.console.app import make_app
from ops.console.desk import Desk
from ops.console.gate import Pass
from ops.errors import RefusedError
from ops.session import Session

HOST, PORT = "127.0.0.1", 4580
_SOON_S = 0.3


def console(session: Session, *, by: str | None, read_only: bool, port: int | None, opens: bool) -> int:
    """Raises RefusedError if the port is taken that was asked for."""
    listening = listen(port)
    given = Pass(listening.getsockname()[1])
    session.say(given.address)
    session.say(
        f"{session.name}{', read only' if read_only else ''}. The address is for you alone, and good until Ctrl-C"
    )
    desk = Desk(session, given, by, read_only)
    serving = Thread(target=_server(desk).run, args=([listening],), daemon=True)  # so are those that ask AWS
    serving.start()
    if opens:
        Timer(_SOON_S, webbrowser.open, [given.address]).start()
    with suppress(KeyboardInterrupt):
        serving.join()
    session.say(f"\nthe console has ended{desk.jobs.cut_off()}")
    leave()
    return 0


def leave() -> None:
    """At once: Python would wait for what AWS is just being asked for a page that nobody looks at any more."""
    sys.stdout.flush()
    os._exit(0)


def listen(port: int | None) -> socket.socket:
    """Raises RefusedError if the port is taken that was asked for; where none was, another is taken in its place."""
    try:
        return _bound(PORT if port is None else port)
    except OSError as error:
        if port is not None:
            raise RefusedError(
                f"{HOST}:{port} is unavailable: {error.strerror}. Name another --port, or none"
            ) from error
    found = _bound(0)
    print(f"port {PORT} is taken: this console is at {found.getsockname()[1]}", file=sys.stderr)
    return found


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a console that has just ended is no other program
    try:
        made.bind((HOST, port))
        made.listen()
    except OSError:
        made.close()
        raise
    return made


def _server(desk: Desk) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            make_app(desk),
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
        )
    )
