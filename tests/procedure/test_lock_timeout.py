"""Step 6 on a database in use: it gives up on a lock soon, says who has it, and nothing was changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pymysql
from sqlalchemy.engine import make_url

from helpers import Laid

EMAIL = 'Column("email", String(100))'


@contextmanager
def in_use(app: Laid) -> Iterator[None]:
    """Somebody has read ``users`` in a transaction that stays open."""
    if app.url.startswith("postgresql"):
        url = app.url.replace("+psycopg", "")
        with psycopg.connect(url, application_name="report") as reader:
            reader.execute("SELECT * FROM users")
            yield
        return
    at = make_url(app.url)
    reader = pymysql.connect(
        host=at.host, port=at.port or 3306, user=at.username, database=at.database
    )
    try:
        reader.cursor().execute("SELECT * FROM users")
        yield
    finally:
        reader.close()


def written(app: Laid, column: str = EMAIL) -> None:
    """A proven revision that the database does not have."""
    app.column(column)
    app.change("email", "--no-apply", code=0)


def test_postgresql_gives_up_and_names_who_has_it(app_postgresql: Laid) -> None:
    app = app_postgresql
    written(app)
    with in_use(app):
        ran = app.json("apply", "--lock-timeout", "1", code=1)
        step = ran.step("apply")
        assert step["waited_for_lock"]
        assert "lock timeout" in step["summary"]
        assert "revision and catalog are what they were" in step["restored"]
        (other,) = step["open_transactions"]
        assert "report: idle in transaction" in other
        assert "locks on users" in other
        said = app.run("apply", "--lock-timeout", "1", code=1).out
        assert "report: idle in transaction" in said
        assert "--lock-timeout SECONDS" in said
    app.json("apply", code=0)


def test_mariadb_gives_up(app_mysql: Laid) -> None:
    app = app_mysql
    written(app)
    with in_use(app):
        step = app.json("apply", "--lock-timeout", "1", code=1).step("apply")
        assert step["waited_for_lock"]
        assert "Nothing stayed" in step["restored"]
        assert any("Sleep" in one for one in step["open_transactions"])
    app.json("apply", code=0)


def limit(app: Laid, *more: str) -> str:
    """What a revision saw as its limit while it was applied, in the comment that it left.

    The shadow has no limit, so its comment is another: apply says so after the upgrade.
    """
    seen = (
        "    op.execute(\"DO $$ BEGIN EXECUTE format('COMMENT ON TABLE users IS %L',"
        " current_setting('lock_timeout')); END $$\")\n"
    )
    app.edit(app.newest, "def upgrade() -> None:\n", f"def upgrade() -> None:\n{seen}")
    app.run("apply", *more)
    [(found,)] = app.sql("SELECT obj_description('users'::regclass)")
    return str(found)


def test_the_default(app_postgresql: Laid) -> None:
    written(app_postgresql)
    assert limit(app_postgresql) == "5s"


def test_a_limit_of_the_session_wins_over_the_default(app_postgresql: Laid) -> None:
    name = app_postgresql.url.rpartition("/")[2]
    app_postgresql.sql(f"ALTER DATABASE {name} SET lock_timeout = '7s'")
    written(app_postgresql)
    assert limit(app_postgresql) == "7s"


def test_the_setting(app_postgresql: Laid) -> None:
    app_postgresql.settings("lock_timeout = 9")
    written(app_postgresql)
    assert limit(app_postgresql) == "9s"


def test_none(app_postgresql: Laid) -> None:
    app_postgresql.settings("lock_timeout = 9")
    written(app_postgresql)
    assert limit(app_postgresql, "--lock-timeout", "0") == "0"


def test_what_runs_outside_of_a_transaction_has_no_limit(app_postgresql: Laid) -> None:
    """CREATE INDEX CONCURRENTLY would leave an INVALID index."""
    app = app_postgresql
    written(app)
    upgrade = "def upgrade() -> None:\n"
    inside = "    with op.get_context().autocommit_block():\n"
    app.edit(app.newest, upgrade, upgrade + inside)
    text = app.newest.read_text()
    head, _, body = text.partition(upgrade + inside)
    app.newest.write_text(
        head + upgrade + inside + '        op.execute("DO $$ BEGIN EXECUTE format('
        "'COMMENT ON COLUMN users.name IS %L', current_setting('lock_timeout')); END $$\")\n" + body
    )
    assert limit(app) == "5s"
    [(alone,)] = app.sql(
        "SELECT col_description(attrelid, attnum) FROM pg_attribute"
        " WHERE attrelid = 'users'::regclass AND attname = 'name'"
    )
    assert alone == "0"
