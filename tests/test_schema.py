"""The database: made by migrations alone, never opened by an older version, never lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

import bot.app
import bot.channels.telegram.records  # noqa: F401 -- every table is loaded
from bot.schema import LOCATIONS, ROOT, SchemaTooNew, heads, known, open_database


def test_the_migrations_make_exactly_the_tables_that_the_code_expects(tmp_path):
    engine = open_database(tmp_path / "t.db")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()


def test_the_newest_revisions_told_by_file_names_are_alembics_own():
    config = Config()
    config.set_main_option("script_location", str(ROOT / "bot" / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in LOCATIONS))
    script = ScriptDirectory.from_config(config)
    assert set(script.get_heads()) == heads()
    assert {revision.revision for revision in script.walk_revisions()} == known()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "t.db"
    open_database(file).dispose()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO alembic_version VALUES ('bot_9999')")
        connection.commit()
    before = file.read_bytes()
    with pytest.raises(SchemaTooNew, match=r"bot_9999.*start that version"):
        open_database(file)
    assert file.read_bytes() == before


def test_an_older_database_is_copied_before_it_is_changed(tmp_path):
    file = tmp_path / "t.db"
    open_database(file).dispose()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM alembic_version WHERE version_num LIKE 'study%'")
        connection.execute("DROP TABLE study_session")
        connection.commit()
    open_database(file).dispose()
    copies = list(tmp_path.glob("t.db.before-*"))
    assert len(copies) == 1
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM study_session").fetchone() == (0,)


def test_reminders_that_waited_in_an_older_database_sound_and_nothing_else_does(tmp_path):
    file = tmp_path / "t.db"
    open_database(file).dispose()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP INDEX ix_outbox_carried_by")
        for column in ("sounds", "carried_by"):
            connection.execute(f"ALTER TABLE outbox DROP COLUMN {column}")
        connection.execute(
            "UPDATE alembic_version SET version_num = 'bot_0003' WHERE version_num LIKE 'bot%'"
        )
        for kind in ("reminder", "nudge"):
            connection.execute(
                "INSERT INTO outbox (key, channel, chat, kind, text, buttons, created_at, next_at,"
                " state, attempts) VALUES (?, 't', 'me', ?, 'x', '[]', '2026-03-02 09:00:00',"
                " '2026-03-02 09:00:00', 'queued', 0)",
                (kind, kind),
            )
        connection.commit()
    open_database(file).dispose()
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT kind, sounds, carried_by FROM outbox ORDER BY number")
        assert found.fetchall() == [("reminder", 1, None), ("nudge", 0, None)]


def test_every_connection_is_durable_and_checks_references(tmp_path):
    engine = open_database(tmp_path / "t.db")
    with engine.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        ]
    assert found == ["wal", 1, 2]
    engine.dispose()
