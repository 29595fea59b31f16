"""Run the server by hand: `python -m tests.fakes.google_tasks --port 0 --seed-tasks 20`."""

from __future__ import annotations

import argparse
import signal
import threading
from datetime import UTC, datetime

from tests.fakes.google_tasks import Automatic, GoogleTasksServer


def main() -> None:
    options = _options()
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    server = GoogleTasksServer(port=options.port)
    server.clock.follow(lambda: datetime.now(UTC))
    if options.auto_consent:
        server.oauth.consent = Automatic()
    for number in range(options.seed_tasks, 0, -1):
        server.phone.add(f"Task {number}")
    with server:
        _introduce(server)
        stop.wait(options.seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.google_tasks")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed-tasks", type=int, default=0, help="tasks in the default list")
    parser.add_argument("--auto-consent", action="store_true", help="redirect without a page")
    parser.add_argument("--seconds", type=float, help="stop by itself after so long")
    return parser.parse_args()


def _introduce(server: GoogleTasksServer) -> None:
    client_id, secret = next(iter(server.oauth.clients.items()))
    access, refresh = server.issue_token()
    for name, value in [
        ("endpoint", server.endpoint),
        ("token address", server.token_uri),
        ("consent address", server.auth_uri),
        ("client id", client_id),
        ("client secret", secret),
        ("access token", access),
        ("refresh token", refresh),
    ]:
        print(f"{name}: {value}", flush=True)


if __name__ == "__main__":
    main()
