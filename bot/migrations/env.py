"""Where Alembic gets its connection: from `bot.schema`, which owns the transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
