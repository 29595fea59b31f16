"""What the sync needs from outside: clock, waits, ids, chance. Nothing here is read by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import Engine
from sqlmodel import Session

from tasks_sync.remote import Boundary


@dataclass(frozen=True)
class Means:
    """The surroundings of a sync; `boundary` is called wherever the process could die."""

    engine: Engine
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    new_id: Callable[[], str]
    rng: Random
    boundary: Boundary

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open one transaction; what is raised in it undoes it.

        It asks for the write lock at once, where the engine knows how to (`immediate`): one that
        reads first and writes later fails when somebody else wrote in between.
        """
        engine = self.engine.execution_options(immediate=True)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
            session.flush()
            self.boundary("before a commit")
        self.boundary("after a commit")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that changes nothing."""
        with Session(self.engine) as session:
            yield session
