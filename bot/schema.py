"""The database: how it is opened, and how its tables are brought to this version.

Each package that owns tables owns their migrations too; here is only where they lie. A revision
is named as its file is, and each package's are one line in the order of their names, so that
whether anything is to be done can be told without loading Alembic.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

ROOT = Path(__file__).parent.parent
LOCATIONS = (
    ROOT / "bot" / "migrations" / "versions",
    ROOT / "tasks_sync" / "migrations",
    ROOT / "heartbeat" / "migrations",
    ROOT / "gpu_lab" / "study" / "migrations",
)
BUSY_SECONDS = 15.0


class SchemaTooNew(Exception):
    """The database was written by a newer version; start that one, or restore a backup."""

    def __init__(self, file: Path, revisions: set[str]) -> None:
        super().__init__(
            f"{file} was written by a newer Touchbase ({', '.join(sorted(revisions))}); "
            "start that version, or restore an older copy of the file"
        )


class DatabaseDamaged(Exception):
    """The file is not a database any more."""


def open_database(file: Path) -> Engine:
    """Open the database and bring its tables to this version.

    WAL, foreign keys on, every commit on the disk before it counts. A transaction that will
    write asks for the lock at its first word (`immediate`), so that it never fails half way.
    Raises SchemaTooNew and DatabaseDamaged.
    """
    engine = create_engine(
        f"sqlite:///{file}", connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    bring_to_this_version(engine, file)
    return engine


def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Set a fresh connection up; transactions are begun by us and not by the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin(connection: Connection) -> None:
    """Begin a transaction, one that will write with the lock in hand."""
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def heads() -> set[str]:
    """Name each package's newest revision."""
    newest = (max(folder.glob("*_[0-9]*.py"), default=None) for folder in LOCATIONS)
    return {file.stem for file in newest if file}


def known() -> set[str]:
    """Name every revision there is."""
    return {file.stem for folder in LOCATIONS for file in folder.glob("*_[0-9]*.py")}


def bring_to_this_version(engine: Engine, file: Path) -> None:
    """Run the migrations that are missing, a copy of the file made first."""
    with engine.connect() as connection:
        there = revisions_in(connection)
    if there == heads():
        return
    if unknown := there - known():
        engine.dispose()
        raise SchemaTooNew(file, unknown)
    if there:
        keep_copy(file, "-".join(sorted(there)))
    migrate(engine)


def revisions_in(connection: Connection) -> set[str]:
    """Read which revisions the tables are at; none for a new file."""
    if not inspect(connection).has_table("alembic_version"):
        return set()
    return {row[0] for row in connection.execute(text("SELECT version_num FROM alembic_version"))}


def keep_copy(file: Path, label: str) -> None:
    """Copy the database beside itself, whole, whatever is in its log."""
    with sqlite3.connect(file) as source:
        with sqlite3.connect(file.with_name(f"{file.name}.before-{label}")) as copy:
            source.backup(copy)
        copy.close()
    source.close()


def migrate(engine: Engine) -> None:
    """Run Alembic over every package's revisions."""
    from alembic import command  # late: only a new version's first start needs it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "bot" / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in LOCATIONS))
    with engine.execution_options(immediate=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
