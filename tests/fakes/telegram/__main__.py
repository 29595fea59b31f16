"""Play the person by hand: `python -m tests.fakes.telegram`, then `> add milk`, `tap Undo`."""

from __future__ import annotations

import argparse
import sys
import threading

from tests.fakes.telegram import Person, TelegramServer
from tests.fakes.telegram.person import line_of
from tests.fakes.telegram.server import TOKEN


def main() -> None:
    options = _options()
    with TelegramServer(token=options.token, port=options.port) as server:
        person = Person(server, options.owner)
        print(f"address: {server.address}", flush=True)
        print(f"token: {server.token}", flush=True)
        print(f"owner: {person.id}", flush=True)
        print("`> text` writes, `tap LABEL` presses, `block`, `unblock`, `show`; Ctrl-D ends.")
        sys.stdout.flush()
        stop = threading.Event()
        reader = threading.Thread(target=_read_aloud, args=(person, stop), daemon=True)
        reader.start()
        _obey(person)
        stop.set()
        reader.join()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.telegram")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=TOKEN, help="the bot's token")
    parser.add_argument("--owner", type=int, default=42, help="numeric id of the person")
    return parser.parse_args()


def _obey(person: Person) -> None:
    for line in sys.stdin:
        verb, _, rest = line.strip().partition(" ")
        try:
            match verb:
                case ">":
                    person.says(rest)
                case "tap":
                    person.taps(next(each for each in reversed(person.seen) if each.labels), rest)
                case "block":
                    person.blocks()
                case "unblock":
                    person.unblocks()
                case "show":
                    print(person.transcript(), flush=True)
                case _:
                    print("`> text`, `tap LABEL`, `block`, `unblock` or `show`", flush=True)
        except (LookupError, StopIteration) as why:
            print(f"cannot: {why}", flush=True)


def _read_aloud(person: Person, stop: threading.Event) -> None:
    """Print each message of the bot when it comes and when it changes."""
    read: dict[int, str] = {}
    while not stop.wait(0.1):
        for message in person.seen:
            line = line_of(message)
            if read.get(message.id) != line:
                changed = " (edited)" if message.id in read else ""
                read[message.id] = line
                print(line + changed, flush=True)


main()
