from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlmodel import SQLModel

import tasks_sync.migrations
from tasks_sync import rows


def revisions():
    config = Config()
    config.set_main_option("script_location", str(Path(tasks_sync.migrations.__file__).parent))
    config.set_main_option("version_locations", config.get_main_option("script_location"))
    config.set_main_option("path_separator", "newline")
    return list(reversed(list(ScriptDirectory.from_config(config).walk_revisions())))


def ours(_object, name, kind, _reflected, _compared):
    return kind != "table" or name in rows.TABLES


def test_the_migrations_make_exactly_the_tables_that_the_code_expects_and_can_go_back():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": ours}
        )
        chain = revisions()
        with Operations.context(context):
            for revision in chain:
                revision.module.upgrade()
            assert compare_metadata(context, SQLModel.metadata) == []
            for revision in reversed(chain):
                revision.module.downgrade()
        assert inspect(connection).get_table_names() == []
    engine.dispose()


def test_the_chain_of_revisions_is_one_branch_of_its_own():
    chain = revisions()
    assert chain[0].branch_labels == {"tasks"}
    assert [revision.down_revision for revision in chain[1:]] == [
        revision.revision for revision in chain[:-1]
    ]
