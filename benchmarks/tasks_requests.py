"""What a sync costs: requests and processor time, and replies from the list while one runs."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

from benchmarks._tasks_bench import workbench
from tests.tasks_sync.house import Workbench


def processor_seconds(bench: Workbench) -> float:
    """The sync's own: this thread and the client's worker, not the server's threads."""
    worker = bench.remote._worker.submit(time.thread_time).result()  # noqa: SLF001
    return time.thread_time() + worker


def lines(bench: Workbench) -> list[str]:
    return [line.method for line in bench.google.requests if line.path != "/token"]


def fill(bench: Workbench, count: int) -> None:
    for number in range(count):
        bench.phone.add(f"task {number}")


def idle_cycle(lists: int) -> None:
    with workbench() as bench:
        for number in range(lists - 1):
            bench.phone.new_list(f"list {number}")
        fill(bench, 50)
        bench.rest()
        bench.clock.forward(minutes=5)
        before = len(lines(bench))
        bench.run()
        made = lines(bench)[before:]
        writes = sum(method != "GET" for method in made)
        day = len(made) * 24 * 60
        print(
            f"idle cycle, {lists} lists: {len(made)} requests (lists + 1 = {lists + 1}), "
            f"{writes} writes; {day} a day at one a minute = {day / 50_000:.0%} of 50,000"
        )


def full_pull(count: int) -> float:
    with (
        tempfile.TemporaryDirectory() as folder,
        workbench(path=Path(folder) / "tasks.db") as bench,
    ):
        fill(bench, count)
        shown = []
        bench.sync.progress = shown.append
        before, start = processor_seconds(bench), time.perf_counter()
        bench.run()
        seconds = processor_seconds(bench) - before
        wall = time.perf_counter() - start
        assert len(bench.reader.open_tasks()) == count
        print(
            f"full pull of {count}: {len(lines(bench))} requests, {seconds:.2f} s processor, "
            f"{wall:.1f} s in all with the server in the same process; "
            f"progress told {len(shown)} times"
        )
        return seconds


def replies_while_syncing(count: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        workbench(path=Path(folder) / "tasks.db") as bench,
    ):
        fill(bench, count)
        bench.run()
        bench.clock.forward(days=2)
        done = threading.Event()

        def sync() -> None:
            bench.run()
            done.set()

        thread = threading.Thread(target=sync)
        times = []
        thread.start()
        while not done.is_set() or len(times) < 20:
            start = time.perf_counter()
            bench.reader.open_tasks()
            times.append(time.perf_counter() - start)
        thread.join()
        quiet = []
        for _ in range(30):
            start = time.perf_counter()
            bench.reader.open_tasks()
            quiet.append(time.perf_counter() - start)
        print(
            f"reading {count} open tasks: p95 {p95(times):.0f} ms while a full reading runs "
            f"({len(times)} reads), {p95(quiet):.0f} ms at rest"
        )


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1] * 1000


def main() -> None:
    idle_cycle(1)
    idle_cycle(5)
    small, large = full_pull(2_000), full_pull(20_000)
    print(f"ten times the tasks cost {large / small:.1f} times the processor time")
    replies_while_syncing(2_000)


if __name__ == "__main__":
    main()
