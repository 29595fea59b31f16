"""The composition root: the one place that chooses what everything is made of.

Read it top to bottom to see the whole product. Tests call `build` with a still clock, counted
ids and wires on loopback; nothing else is replaced. The clock, ids and chance are made only here.
"""

from __future__ import annotations

import errno
import logging
import os
import random
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlmodel import Session

from bot.actions import SOMEDAY_LIST, PutAside
from bot.assistant import Assistant
from bot.conversation.speak.answers import Hit
from bot.door import Door, Writers
from bot.first_word import FirstWord, put_aside_key
from bot.handlers import HANDLERS
from bot.journal import Journal
from bot.library import Library
from bot.mailbox import Address, LetterState, Mailbox
from bot.offers import Offers
from bot.proposals import FILE_NAME as PROPOSALS
from bot.proposals import read_proposals
from bot.questions import Questions
from bot.schema import open_database
from bot.sessions import Sittings
from bot.settings import Settings
from bot.syncing import Account, Errands, Syncing
from gpu_lab.study import StudyReader
from gpu_lab.study.writes import StudyWriter
from heartbeat.beat import Beat, Clockwork
from heartbeat.checkins import NudgeRules, in_quiet_hours
from heartbeat.ledger import Ledger
from heartbeat.reads import ReminderReader
from heartbeat.reminders import jobs_of
from heartbeat.schedule import Ticker
from heartbeat.slots import Hours, Job, Purpose, Slot, default_jobs
from heartbeat.writes import PauseWriter, ReminderWriter
from memory import MemoryReader, Vault
from memory.commits import Commits
from memory.found import shipped_actions
from memory.minutes import Minutes
from memory.sessions import SessionLog
from memory.writes import MemoryWriter
from tasks_sync import Task, TaskReader
from tasks_sync.notices import Notice
from tasks_sync.settlement import Settlement
from tasks_sync.writes import TaskWriter, ensure_default_list

if TYPE_CHECKING:
    from memory.recall import Recall
    from tasks_sync.google.link import Linking

log = logging.getLogger(__name__)

TERMINAL = Address("terminal", "me")
PROBE_BYTES = 64 * 1024


@dataclass(frozen=True)
class App:
    """The assembled product."""

    settings: Settings
    engine: Engine
    assistant: Assistant
    syncing: Syncing
    library: Library
    door: Door
    notes: MemoryWriter
    words: SessionLog
    beat: Beat
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def start(self) -> None:
        """Settle what the last run left: files, slots, sessions, messages without an answer."""
        for name in self.notes.recover():
            log.warning("a write was cut off by a crash; what it left is put aside as %s", name)
        self._archive_ended()
        self.beat.start(waiting=self._waiting_slots())
        self.assistant.work()

    def tick(self) -> None:
        """One beat of the clock: sessions that end by themselves, then what is due."""
        self.assistant.end_idle_session()
        self.assistant.offer_proposals(home_chat(self.settings))
        self.assistant.sort_notes_list(self.settings.values.notes_list)
        self.notes.stamp()
        with self.door.closed():  # what comes due together is collected together
            self.beat.beat()

    def channels(self) -> Iterator[AbstractContextManager[str]]:
        """Make the channels that are set up; each serves while its block runs and names itself."""
        values = self.settings.values
        yield self.syncing.running()
        if values.telegram_token and values.telegram_owner:
            from bot.channels.telegram import telegram_channel  # late: only where it is set up

            yield telegram_channel(
                self.assistant,
                self.engine,
                token=values.telegram_token.get_secret_value(),
                owner=values.telegram_owner,
                api=values.telegram_api,
                now=self.now,
            )

    @contextmanager
    def watched_notes(self) -> Iterator[None]:
        """Re-read notes as the person saves them, so that they are found at once."""
        from memory.watch import Watch  # late: the watcher is only for long runs

        vault = Vault(self.settings.vault)
        vault.folder.mkdir(parents=True, exist_ok=True)
        with closing(recall_in(vault, self.library.today_date)) as recall:

            def read_again(_changed: frozenset[Path]) -> None:
                recall.refresh()

            watch = Watch(vault.folder, read_again)
            watch.start()
            try:
                yield
            finally:
                watch.close()

    def ticker(self) -> Ticker:
        """Make the clock that ticks by itself."""
        return Ticker(self.tick, now=self.now)

    def close(self) -> None:
        """Let go of the database and of the line to Google."""
        self.syncing.close()
        self.engine.dispose()

    def _archive_ended(self) -> None:
        """Archive what ended while it could not be written: a full disk, a crash in between."""
        current = self.library.sitting()
        for session in self.words.unarchived():
            if current is None or session.session_id != current.id:
                self.words.archive(session.session_id, "late")

    def _waiting_slots(self) -> list[tuple[str, str]]:
        with Session(self.engine) as session:
            return Mailbox(session, now=self.now).slots_in(
                LetterState.QUEUED, LetterState.SENDING, LetterState.GATHERED
            )


def utc_now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


def fresh_id() -> str:
    """Make an id: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def build(
    settings: Settings,
    *,
    now: Callable[[], datetime] = utc_now,
    new_id: Callable[[], str] = fresh_id,
    seed: int | None = None,
) -> App:
    """Put the product together over its data folder, which is made if it is not there.

    Raises FolderUnusable where it cannot be written, SchemaTooNew for a newer database.
    """
    check_writable(settings)
    engine = open_database(settings.database)
    rng = random.Random(seed)
    vault = Vault(settings.vault)
    words = SessionLog(vault, now=now, timezone=settings.zone)
    commits = Commits(vault.folder) if settings.values.git_notes else None
    notes = MemoryWriter(vault, now=now, timezone=settings.zone, commits=commits)

    def today() -> date:
        return now().astimezone(settings.zone).date()

    @contextmanager
    def open_session() -> Iterator[Session]:
        with Session(engine.execution_options(immediate=True)) as session, session.begin():
            yield session

    @contextmanager
    def open_writers() -> Iterator[Writers]:
        with open_session() as session:
            task_writer = TaskWriter(session, now=now, new_id=new_id)
            yield Writers(
                session=session,
                look=TaskReader(session.connection()),
                tasks=task_writer,
                settlement=Settlement(session, task_writer, now=now),
                offers=Offers(session, now=now, new_id=new_id),
                today=today,
                task_lines=settings.values.task_lines,
                vault=vault,
                memory=notes,
                words=words,
                study=StudyWriter(session, now=now, new_id=new_id, rng=rng),
                reminders=ReminderWriter(session, now=now, new_id=new_id),
                pauses=PauseWriter(session),
                slots=Ledger(session, now=now),
                questions=Questions(session, now=now, new_id=new_id),
                sittings=Sittings(session, now=now, new_id=new_id),
                journal=Journal(session, now=now),
                mail=Mailbox(session, now=now),
                new_items_list=new_items_list,
            )

    tasks = TaskReader(engine)

    def new_items_list() -> str | None:
        wanted = settings.values.new_items_list
        return next((found.id for found in tasks.lists() if found.title == wanted), None)

    def watched() -> list[Task]:
        names = settings.values.watched_lists
        lists = {
            found.id
            for found in tasks.lists()
            if found.title in names or (not names and found.title != SOMEDAY_LIST)
        }
        return [task for task in tasks.open_tasks() if task.list_id in lists]

    def said(session_id: str) -> tuple[str, ...]:
        """Give what the person said in a session."""
        return tuple(turn.text for turn in words.turns(session_id) if turn.speaker == "user")

    with open_session() as session:
        ensure_default_list(session, new_id=new_id, now=now)

    values = settings.values
    spoken = default_jobs(
        Hours(
            briefing_at=values.briefing_at,
            review_at=values.review_at,
            check_ins_at=values.checkins_at,
            weekly_at=values.weekly_at if values.weekly_review else None,
            weekend_later=timedelta(hours=values.weekend_later),
            weekend_midday=values.weekend_midday,
        )
    )
    rules = NudgeRules(quiet_from=settings.values.quiet_from, quiet_to=settings.values.quiet_to)
    reminders = ReminderReader(engine)
    library = Library(
        engine=engine,
        tasks=tasks,
        studies=StudyReader(engine),
        reminders=reminders,
        notes=MemoryReader(vault),
        said=said,
        search=searcher(vault, today),
        jobs=spoken,
        zone=settings.zone,
        now=now,
        linked=settings.google_credentials.exists,
        proposals=lambda: read_proposals(settings.home / PROPOSALS),
        minutes=lambda: Minutes(vault, actions=shipped_actions(), zone=settings.zone),
    )
    door = Door(HANDLERS, open_writers)

    def tell(notices: Sequence[Notice]) -> None:
        assistant.tell(notices, home_chat(settings))

    def is_linked() -> bool:
        return settings.google_credentials.exists()

    syncing = Syncing(
        home=settings.home,
        make=lambda: make_sync(settings, engine, now=now, new_id=new_id, rng=rng),
        is_linked=is_linked,
        unsynced=tasks.unsynced,
        now=now,
        last_heard=library.last_heard,
        is_night=lambda at: in_quiet_hours(at.astimezone(settings.zone).time(), rules),
        say=tell,
    )
    errands = Errands(syncing, lambda: make_linking(settings, now=now, new_id=new_id))
    assistant = Assistant(
        door=door,
        library=library,
        zone=settings.zone,
        now=now,
        rules=rules,
        idle=timedelta(hours=settings.values.idle_hours),
        errands=errands,
    )
    first_word = FirstWord(
        library=library,
        zone=settings.zone,
        rules=rules,
        now=now,
        new_id=new_id,
        home_chat=lambda: home_chat(settings),
        watched=watched,
    )

    def jobs() -> list[Job]:
        return [*spoken, *jobs_of(reminders.to_say())]

    def prepare(slot: Slot) -> None:
        """Put aside, before the look back at the week tells so, what nobody touched."""
        if slot.purpose is Purpose.WEEKLY:
            for task in first_word.untouched():
                key = put_aside_key(slot) + task.id
                door.do(PutAside(task.id), key=key, by_person=False)

    beat = Beat(
        Clockwork(
            jobs=jobs,
            timezone=settings.zone,
            now=now,
            open_session=open_session,
            say=first_word.say,
            prepare=prepare,
        )
    )
    return App(settings, engine, assistant, syncing, library, door, notes, words, beat, now, new_id)


def make_sync(
    settings: Settings,
    engine: Engine,
    *,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
    rng: random.Random,
) -> Account:
    """Make the sync with the linked account."""
    # Late: Google's client is slow to load, and most data folders are never linked.
    from tasks_sync.google.client import GoogleTasks, Wire
    from tasks_sync.google.stored import LinkFile
    from tasks_sync.means import Means
    from tasks_sync.sync import Sync, SyncSettings

    wire = Wire(
        now=now,
        sleep=time.sleep,
        rng=rng,
        boundary=lambda _name: None,
        endpoint=settings.values.google_endpoint,
        use_proxy=not is_loopback(settings.values.google_endpoint),
    )
    remote = GoogleTasks(LinkFile(settings.google_credentials), wire)
    means = Means(engine, now, time.sleep, new_id, rng, lambda _name: None)
    wanted = SyncSettings(strict_inserts=settings.values.google_strict_insert)
    return Account(Sync(remote, means, wanted), remote.close)


def make_linking(
    settings: Settings, *, now: Callable[[], datetime], new_id: Callable[[], str]
) -> Linking | None:
    """Make what signs in at Google; None while no OAuth client is set."""
    from tasks_sync.google.link import Linking, OAuthClient  # late: as above
    from tasks_sync.google.stored import LinkFile

    values = settings.values
    if not (values.google_client_id and values.google_client_secret):
        return None
    client = OAuthClient(
        values.google_client_id,
        values.google_client_secret.get_secret_value(),
        values.google_auth_uri,
        values.google_token_uri,
    )
    file = LinkFile(settings.google_credentials)
    return Linking(file, client, now, new_id, lambda: secrets.token_urlsafe(64))


def is_loopback(address: str) -> bool:
    """Tell whether an address is this machine's own, which no proxy can reach."""
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")


def home_chat(settings: Settings) -> Address:
    """Name the chat that unasked messages go to: Telegram where it is set up, else the terminal."""
    values = settings.values
    if values.telegram_token and values.telegram_owner:
        return Address("telegram", str(values.telegram_owner))
    return TERMINAL


def recall_in(vault: Vault, today: Callable[[], date]) -> Recall:
    """Make the recall over a notes folder, with vectors where their weights are installed."""
    from memory.meaning import open_meaning  # late: most chats never search
    from memory.recall import Recall

    return Recall(vault, today=today, meaning=open_meaning)


def searcher(vault: Vault, today: Callable[[], date]) -> Callable[[str, int], list[Hit]]:
    """Give the search over the notes; the index is opened when it is asked."""

    def search(words: str, most: int) -> list[Hit]:
        with closing(recall_in(vault, today)) as recall:
            return [Hit(hit.link, hit.text) for hit in recall.search(words, most)]

    return search


def check_writable(settings: Settings) -> None:
    """Find out now, and not at the first message, that the data folder cannot be written.

    Raises FolderUnusable.
    """
    probe = settings.home / ".write-probe"
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(b"x" * PROBE_BYTES)
            out.flush()
            os.fsync(out.fileno())
    except OSError as why:
        raise FolderUnusable(settings.home, why) from why
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


class FolderUnusable(Exception):
    """The data folder cannot be written; the message says why and what to do."""

    def __init__(self, home: Path, why: OSError) -> None:
        full = why.errno in (errno.ENOSPC, errno.EDQUOT)
        way = (
            "free some space and start again, nothing was lost"
            if full
            else ("make it writable, or name another data folder with --home")
        )
        super().__init__(f"{home}: {why.strerror}; {way}")
