"""A server in the place of SES that counts requests, and does with each what it was told to."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

TOO_FAST = {"message": "Maximum sending rate exceeded."}


class Witness(socketserver.ThreadingMixIn, HTTPServer):
    """Reads every request to its end, counts it, and then does what it was told to."""

    daemon_threads = True

    def __init__(self, then: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.then = then
        self.posts = 0
        self.over = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Witness
    protocol_version = "HTTP/1.1"
    used = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts += 1
        self.close_connection = True
        match self.server.then:
            case "never answers":
                self.server.over.wait()
            case "answers 500":
                self._answer(500, {"message": "Internal failure"}, "InternalServiceErrorException")
            case "answers 429":
                self._answer(429, TOO_FAST, "TooManyRequestsException")
            case "forgets connections":
                self._accept_the_first_of_a_connection()
            case "answers half":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"MessageId": ')

    def _accept_the_first_of_a_connection(self) -> None:
        """Later ones find nobody at the other end: a router between has forgotten the connection while it slept."""
        self.close_connection = False
        if not self.used:
            self.used = True
            self._answer(200, {"MessageId": f"ses-{self.server.posts}"}, "")

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def _answer(self, status: int, body: dict[str, str], code: str) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("x-amzn-ErrorType", code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(then: str) -> Iterator[Witness]:
    """One that serves; `then` is what it does."""
    with Witness(then) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()
