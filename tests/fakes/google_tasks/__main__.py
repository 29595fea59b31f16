"""Run the server by hand: `python -m tests.fakes.google_tasks --seed-tasks 20 --phone`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from tests.fakes.google_tasks import Automatic, GoogleTasksServer, Phone
from tests.fakes.google_tasks.messages import ApiError


def main() -> None:
    options = _options()
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    server = GoogleTasksServer(port=options.port)
    server.clock.follow(lambda: datetime.now(UTC))
    server.oauth.consent = Automatic() if options.auto_consent else None
    for number in range(options.seed_tasks, 0, -1):
        server.phone.add(f"Task {number}")
    with server:
        _introduce(server)
        if options.phone:
            threading.Thread(target=_obey, args=(server,), daemon=True).start()
        stop.wait(options.seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.google_tasks")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed-tasks", type=int, default=0, help="tasks in the default list")
    parser.add_argument("--auto-consent", action="store_true", help="redirect without a page")
    parser.add_argument("--phone", action="store_true", help=f"read acts: {', '.join(_ACTS)}, show")
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


_ACTS: dict[str, Callable[[Phone, str], object]] = {
    "add": Phone.add,
    "complete": Phone.complete,
    "reopen": Phone.reopen,
    "delete": Phone.delete,
    "top": Phone.move,
    "rename": lambda phone, text: phone.edit(text.split("=")[0], title=text.split("=")[1]),
    "clear": lambda phone, text: phone.clear(text or "@default"),
    "list": Phone.new_list,
}


def _obey(server: GoogleTasksServer) -> None:
    """Let the person at the keyboard hold the phone: `add Milk`, `rename Milk=Oat milk`, `show`."""
    for line in sys.stdin:
        verb, _, text = line.strip().partition(" ")
        try:
            if verb in _ACTS:
                _ACTS[verb](server.phone, text)
            for task_list in server.lists().values():
                print(f"{task_list}: {server.tree(task_list)}", flush=True)
        except (ApiError, LookupError) as error:
            print(error, flush=True)


if __name__ == "__main__":
    main()
