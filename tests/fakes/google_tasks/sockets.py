"""HTTP/1.1 on 127.0.0.1: reads requests, sends answers or hangs up as told. It decides nothing."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from tests.fakes.google_tasks.clock import VirtualClock
from tests.fakes.google_tasks.faults import Hangup
from tests.fakes.google_tasks.messages import Request, Response


@dataclass(frozen=True)
class Delivery:
    """How an answer leaves: whole or in half, at once or later, or as a hang-up."""

    response: Response | None
    hangup: Hangup | None = None
    truncate: bool = False
    wait_seconds: float = 0.0


class Service(Protocol):
    """What the sockets need of the server behind them."""

    clock: VirtualClock
    stopping: threading.Event

    def handle(self, request: Request) -> Delivery: ...

    def bug(self, trace: str) -> None: ...


class LoopbackServer(ThreadingHTTPServer):
    """One thread per connection; all of them end with the server."""

    def __init__(self, port: int, tasks: Service) -> None:
        self.tasks = tasks
        self._open: set[socket.socket] = set()
        self._serving: list[threading.Thread] = []
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        # A daemon, so that a test that forgets to stop the server does not hang the whole run.
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._serving = [each for each in self._serving if each.is_alive()] + [thread]
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End every connection, also those kept alive for a next request, and their threads."""
        with self._open_lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in self._serving:
            thread.join()

    def handle_error(self, *_: object) -> None:
        """Report a bug; a client that went away, or was sent away, is none."""
        if not isinstance(sys.exception(), OSError):
            self.tasks.bug(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "ESF", ""
    # Without it an answer waits 40 ms for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: LoopbackServer

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        content = self.rfile.read(length)
        request = Request(self.command, self.path, headers, content)
        self._send(self.server.tasks.handle(request))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _send(self, delivery: Delivery) -> None:
        self.server.tasks.stopping.wait(delivery.wait_seconds)
        if delivery.response:
            self._send_answer(delivery.response, delivery.truncate)
        if delivery.hangup:
            self._hang_up(delivery.hangup)

    def _send_answer(self, response: Response, truncate: bool) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.content)))
        self.end_headers()
        half = len(response.content) // 2 if truncate else None
        self.wfile.write(response.content[:half])
        self.wfile.flush()

    def _hang_up(self, how: Hangup) -> None:
        self.close_connection = True
        if how == "RST":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            # Only a close without a shutdown before it resets the connection.
            self.rfile.close()
            self.wfile.close()
            self.connection.close()
            raise ConnectionResetError("reset on purpose")

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
        return format_datetime(self.server.tasks.clock.now().replace(microsecond=0), usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet; the request log is for that."""
