"""Ten thousand inserts over a broken line and a dying process, ours beside the stock client."""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from benchmarks._tasks_bench import workbench
from tests.fakes.google_tasks import (
    Answer,
    CommitThenDelay,
    CommitThenDrop,
    CommitThenTruncate,
    GoogleTasksServer,
    Refuse,
)
from tests.tasks_sync.house import Killed

INSERTS = {"method": "POST", "path": r"/tasks$"}
FAULTS = (
    Refuse("FIN"),
    Refuse("RST"),
    CommitThenDrop("FIN"),
    CommitThenDrop("RST"),
    CommitThenTruncate(),
    CommitThenDelay(0.25),
    Answer(500),
    Answer(500, committed=True),
    Answer(503),
)
FAULTY, KILLED, SHARED_TITLE = 0.30, 0.05, 2 / 3


@dataclass
class Outcome:
    wanted: int = 0
    doubled: int = 0
    lost: int = 0
    posts: int = 0

    def add(self, wanted: list[str], titles: list[str], posts: int) -> None:
        want, have = Counter(wanted), Counter(titles)
        self.wanted += len(wanted)
        self.doubled += sum((have - want).values())
        self.lost += sum((want - have).values())
        self.posts += posts


def wishes(count: int, rng: random.Random) -> list[str]:
    return ["Milk" if rng.random() < SHARED_TITLE else f"task {n}" for n in range(count)]


def ours(count: int, seed: int, outcome: Outcome) -> None:
    rng = random.Random(seed)
    wanted = wishes(count, rng)
    with workbench(seed=seed, most_changes_per_run=10_000) as bench:
        bench.rest()
        bench.google.faults.add(*FAULTS, **INSERTS, probability=FAULTY)
        for title in wanted:
            bench.add(title)
        plain = bench.boundary

        def mortal(name: str) -> None:
            # Between the answer and its commit: what is known of the insert dies with us.
            insert = bench.google.requests and bench.google.requests[-1].method == "POST"
            if name == "after a request" and insert and rng.random() < KILLED:
                raise Killed
            plain(name)

        bench.boundary = mortal
        bench.start()
        while bench.reader.unsynced():
            bench.clock.sleep(5)
            bench.boundaries.clear()
            try:
                report = bench.sync.run()
            except Killed:
                bench.start()
                continue
            if report.again_at is not None and report.again_at > bench.clock():
                bench.clock.at = report.again_at
        bench.boundary = plain
        bench.google.faults.clear()
        bench.start()
        bench.rest(most=200)
        titles = [item["title"] for item in bench.google.all_tasks()]
        outcome.add(wanted, titles, len(bench.google.matching("POST", r"/tasks$")))
        here = Counter(task.title for task in bench.reader.tasks())
        assert here == Counter(titles), "the mirror differs from the server"


def stock(count: int, seed: int, retries: int, outcome: Outcome) -> None:
    rng = random.Random(seed)
    wanted = wishes(count, rng)
    with GoogleTasksServer(seed=seed) as google:
        google.quota.daily_limit = None
        google.faults.add(*FAULTS, **INSERTS, probability=FAULTY)
        access, _ = google.issue_token()
        service = build(
            "tasks",
            "v1",
            credentials=Credentials(access),
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": google.endpoint},
        )
        service._http.http.timeout = 0.15  # noqa: SLF001
        for title in wanted:
            # The usual caller: a row stays marked as unsent until an insert is seen to succeed.
            while not stock_insert(service, title, retries) or rng.random() < KILLED:
                pass
        service.close()
        titles = [item["title"] for item in google.all_tasks()]
        outcome.add(wanted, titles, len(google.matching("POST", r"/tasks$")))


def stock_insert(service: Any, title: str, retries: int) -> bool:
    call = service.tasks().insert(tasklist="@default", body={"title": title})
    call._sleep = lambda _seconds: None  # noqa: SLF001 - its waits would only cost time
    try:
        call.execute(num_retries=retries)
    except (HttpError, OSError, HTTPException):
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=2_000, help="inserts per seed")
    parser.add_argument("--batch", type=int, default=200, help="of them in one account")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--stock", type=int, default=300)
    asked, _ = parser.parse_known_args()
    started, mine = time.perf_counter(), Outcome()
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        for batch in range(asked.each // asked.batch):
            ours(asked.batch, 1000 * seed + batch, mine)
        print(f"  seed {seed}: {mine}", flush=True)
    seconds = time.perf_counter() - started
    print(
        f"ours: {mine.wanted} inserts, {asked.seeds} seeds, {FAULTY:.0%} faults, {KILLED:.0%} "
        f"kills: {mine.doubled} doubled, {mine.lost} lost, {mine.posts} POSTs, {seconds:.0f} s"
    )
    for retries in (0, 3):
        peer = Outcome()
        for seed in range(min(3, asked.seeds)):
            stock(asked.stock, seed, retries, peer)
        print(
            f"stock client, num_retries={retries}: {peer.wanted} inserts: {peer.doubled} doubled "
            f"({peer.doubled / peer.wanted:.0%}), {peer.lost} lost, {peer.posts} POSTs"
        )


if __name__ == "__main__":
    main()
