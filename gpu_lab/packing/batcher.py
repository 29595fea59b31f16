"""Running requests in batches on an event loop: who goes with whom is decided by WaitingRoom.

The clock and the sleep are arguments, so that a simulated time can be used.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

from gpu_lab.packing.errors import RunAnsweredWrongly
from gpu_lab.packing.waiting import Batch, Entry, NotYet, Request, WaitingRoom

Payload = TypeVar("Payload")
Answer = TypeVar("Answer")


class BatcherClosed(Exception):
    """The batcher was closed before this request was run."""


class Batcher(Generic[Payload, Answer]):
    """Runs one batch at a time; `async with` it, and `submit` from any task of the same loop.

    `run(batch, payloads)` answers one for each payload, in their order. `now` gives seconds that
    never go back; `sleep(seconds)` waits on the same clock.
    """

    def __init__(
        self,
        room: WaitingRoom,
        run: Callable[[Batch, Sequence[Payload]], Awaitable[Sequence[Answer]]],
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._room = room
        self._run = run
        self._now = now
        self._sleep = sleep
        self._asked: dict[int, tuple[Payload, asyncio.Future[Answer]]] = {}
        self._entered = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._worker = asyncio.create_task(self._work())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
        for _, future in self._asked.values():
            if not future.done():
                future.set_exception(BatcherClosed(BatcherClosed.__doc__))

    async def submit(self, request: Request, payload: Payload) -> Answer:
        """Wait for the request's answer. Raises what `run` raised, or what the room refuses."""
        if self._worker is None:
            raise BatcherClosed(BatcherClosed.__doc__)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        entry = self._room.enter(request, self._now())
        self._asked[entry.number] = payload, future
        self._entered.set()
        try:
            return await future
        finally:
            self._forget(entry)

    def _forget(self, entry: Entry) -> None:
        if entry.number in self._asked:
            # Still waiting: its caller has gone.
            del self._asked[entry.number]
            self._room.leave(entry)

    async def _work(self) -> None:
        while True:
            self._entered.clear()
            match self._room.next_batch(self._now()):
                case Batch() as batch:
                    await self._answer(batch)
                case NotYet(until):
                    await self._until(until)

    async def _until(self, until: float) -> None:
        """Wait for the time, or for another request if that comes first."""
        entered = asyncio.create_task(self._entered.wait())
        tasks: list[asyncio.Task[object]] = [entered]
        if until < math.inf:
            tasks.append(asyncio.ensure_future(self._sleep(max(until - self._now(), 0.0))))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, batch: Batch) -> None:
        asked = [self._asked.pop(entry.number) for entry in batch.entries]
        try:
            answers = await self._run(batch, [payload for payload, _ in asked])
        except asyncio.CancelledError:
            _give(asked, BatcherClosed(BatcherClosed.__doc__))
            raise
        # Whatever a model raises belongs to those who asked it, and the next batch goes on.
        except Exception as error:  # noqa: BLE001
            _give(asked, error)
            return
        if len(answers) != len(asked):
            _give(asked, RunAnsweredWrongly(len(answers), len(asked)))
            return
        for (_, future), answer in zip(asked, answers, strict=True):
            if not future.done():
                future.set_result(answer)


def _give(asked: Sequence[tuple[Payload, asyncio.Future[Answer]]], error: Exception) -> None:
    for _, future in asked:
        if not future.done():
            future.set_exception(error)
