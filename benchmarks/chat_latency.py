"""How long a reply takes in the terminal chat, from the line typed to the letter marked delivered.

2,000 tasks in the local list. The baseline in the same run is one bare SQLite transaction with
the same durability (WAL, synchronous=FULL) on the same disk: what any answer that is kept must pay.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.actions import AddTask, Together
from bot.app import App, build
from bot.mailbox import Incoming
from bot.serve import collect_garbage_rarely
from bot.settings import read_settings

TASKS = 2000
ROUNDS = 200
LINES = (
    "add call the lab {n} tomorrow",
    "done “task {n}”",
    "/today",
    "list",
    "undo",
    "move task {n} to friday",
)


def say(app: App, text: str) -> None:
    app.assistant.hear(Incoming(f"b:{app.new_id()}", "terminal", "me", text, app.now()))
    app.assistant.work()
    for letter in app.assistant.collect("terminal"):
        app.assistant.delivered(letter, f"b{letter.number}")


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def quantiles(name: str, times: list[float]) -> float:
    cuts = statistics.quantiles(times, n=100)
    print(f"{name:28} p50 {cuts[49]:7.2f} ms   p95 {cuts[94]:7.2f} ms   p99 {cuts[98]:7.2f} ms")
    return cuts[94]


def bare(folder: Path) -> list[float]:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (x TEXT)")

    def once() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO t VALUES ('x')")
        connection.execute("COMMIT")

    times = [timed(once) for _ in range(ROUNDS)]
    connection.close()
    return times


def main() -> None:
    collect_garbage_rarely()  # as `touchbase run` and `touchbase chat` do
    with tempfile.TemporaryDirectory() as name:
        app = build(read_settings(Path(name) / "home", {"timezone": "UTC"}))
        for start in range(0, TASKS, 100):
            many = tuple(AddTask(f"task {n}") for n in range(start, start + 100))
            app.door.do(Together(many), key=f"fill{start}")
        base = quantiles("one bare transaction", bare(Path(name)))
        everything = []
        for line in LINES:
            said = [line.format(n=n) for n in range(ROUNDS // 4)]
            times = [timed(lambda text=text: say(app, text)) for text in said]
            quantiles(line, times)
            everything += times
        p95 = quantiles("every kind of line", everything)
        print(f"ratio of the 95th percentiles to a bare transaction: {p95 / base:.1f}")
        app.close()
