"""What Alembic runs for every command: it says where the models and the database are."""

import os
from logging.config import fileConfig
from typing import Any

from alembic import context
from sqlalchemy import create_engine, make_url, pool

from src.adapters.persistence.orm import tables

config = context.config

if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

target_metadata = tables.metadata


def database_url() -> str:
    """DATABASE_URL where it is set, else sqlalchemy.url of alembic.ini."""
    url = os.environ.get("DATABASE_URL") or config.get_main_option("sqlalchemy.url")
    if not url:
        raise RuntimeError("No database: set DATABASE_URL, or sqlalchemy.url in alembic.ini.")
    return url


def configure(dialect_name: str, **where: Any) -> None:
    """The options of both modes.

    No SQL may run on the connection before this: Alembic would take the open transaction for
    somebody else's, not commit it, and report success.
    """
    context.configure(
        target_metadata=target_metadata,
        compare_type=True,
        compare_server_default=True,
        # A custom type is written as types.X; script.py.mako imports `types`.
        user_module_prefix="types.",
        # SQLite cannot alter most things in place: Alembic makes the table anew.
        render_as_batch=dialect_name == "sqlite",
        **where,
    )


def run_migrations_offline() -> None:
    """Write the SQL instead of running it: `alembic upgrade head --sql`."""
    url = database_url()
    configure(
        make_url(url).get_backend_name(),
        url=url,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Run on the database."""
    engine = create_engine(database_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        configure(connection.dialect.name, connection=connection)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
