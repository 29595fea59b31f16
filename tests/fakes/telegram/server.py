"""The HTTP side: addresses, bodies, answers, and lines that break on request."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.fakes.telegram.errors import (
    ApiError,
    forbidden,
    no_such_method,
    too_many,
    unauthorized,
)
from tests.fakes.telegram.faults import (
    BlockedByUser,
    DelayAnswer,
    DropRequest,
    Fault,
    Faults,
    LoseAnswer,
    ServerTrouble,
    TooMany,
)
from tests.fakes.telegram.methods import BY_LOWER_NAME, METHODS
from tests.fakes.telegram.parameters import check, read_parameters
from tests.fakes.telegram.service import Service

TOKEN = "700123:AAE-loopback-token-for-tests-only-00000"


class TelegramServer:
    """The Bot API on loopback for one bot; use as a context manager."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "touchbase_test_bot",
        port: int = 0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.token = token
        self.service = Service(token, username=username, now=now)
        self._port = port
        self._http: _Http | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Give what `--telegram-api` takes."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def faults(self) -> Faults:
        return self.service.faults

    def calls(self, method: str) -> list[dict[str, Any]]:
        """List the parameters of every call of a method that was let in."""
        return [values for name, values in self.service.calls if name == method]

    def up(self) -> None:
        """Listen, at the same address as before."""
        self._http = _Http(("127.0.0.1", self._port), self.service)
        self._port = self._http.server_address[1]
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def down(self) -> None:
        """Be gone: connections are cut and new ones refused."""
        if self._http is None or self._thread is None:
            return
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        self._http.cut()
        self.service.updates.hang_up()
        self._http = None

    def down_for(self, seconds: float) -> threading.Timer:
        """Be gone for a while."""
        self.down()
        timer = threading.Timer(seconds, self.up)
        timer.start()
        return timer

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], service: Service) -> None:
        super().__init__(address, _Handler)
        self.service = service
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def cut(self) -> None:
        """Cut every connection that is open."""
        with self._lock:
            open_now = list(self._open)
        for each in open_now:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The transcript says what matters."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        _, token, method = (*path.split("/", 2), "", "")[:3]
        fault = self.server.service.faults.take(method)
        try:
            if refusal := refusal_of(fault):
                raise refusal
            if isinstance(fault, DropRequest):
                return self._hang_up()
            if isinstance(fault, ServerTrouble) and not fault.done:
                return self._page(fault.status)
            result = self._call(token, method, query, body)
        except ApiError as why:
            return self._answer(why.code, why.body())
        match fault:
            case LoseAnswer():
                return self._hang_up()
            case ServerTrouble(status=status):
                return self._page(status)
            case DelayAnswer(seconds=seconds):
                time.sleep(seconds)
        return self._answer(200, {"ok": True, "result": result})

    def _call(self, token: str, method: str, query: str, body: bytes) -> Any:
        service = self.server.service
        if token != f"bot{service.token}":
            raise unauthorized()
        name = BY_LOWER_NAME.get(method.lower())
        if name is None:
            raise no_such_method()
        call = read_parameters(self.headers.get("Content-Type") or "", query, body)
        check(name, call)
        service.calls.append((name, call.values))
        return METHODS[name](service, call)

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        self._write(status, "application/json", json.dumps(value).encode())

    def _page(self, status: int) -> None:
        page = f"<html><head><title>{status} Bad Gateway</title></head></html>"
        self._write(status, "text/html", page.encode())

    def _write(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True


def refusal_of(fault: Fault | None) -> ApiError | None:
    match fault:
        case TooMany(seconds=seconds):
            return too_many(seconds)
        case BlockedByUser():
            return forbidden("bot was blocked by the user")
        case _:
            return None
