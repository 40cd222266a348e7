"""The eight steps on MariaDB: a server that commits each DDL statement, and copies no database."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import Laid

EMAIL = 'Column("email", String(100), nullable=False)'


def test_a_change_with_rows_and_a_backfill(app_mysql: Laid) -> None:
    app = app_mysql
    app.imports("JSON", "CheckConstraint", "Enum", "ForeignKey", "Numeric")
    app.column(EMAIL)
    app.table(
        'orders = Table("orders", metadata, Column("id", Integer, primary_key=True),'
        ' Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),'
        ' Column("state", Enum("new", "paid"), nullable=False, server_default="new"),'
        ' Column("total", Numeric(10, 2)), Column("data", JSON),'
        ' CheckConstraint("total >= 0", name="positive"))'
    )
    slot = "users.email=concat(lower(name), '@example.org')"
    ran = app.change("email", "--backfill", slot, code=0)
    assert set(ran.statuses.values()) == {"passed"}
    assert ran.step("reverse")["copy"]["reverses"]
    assert app.sql("SELECT email FROM users ORDER BY id") == [
        ("ann@example.org",),
        ("bob@example.org",),
    ]
    assert app.json("check", "--live", code=0).step("live")["status"] == "passed"
    assert app.json("prove", "--all", code=0).step("reverse")["status"] == "passed"
    assert app.json("status", code=0).step("receipt")["status"] == "passed"


def test_shadows_take_the_collation_of_the_real_database(app_mysql: Laid) -> None:
    collation = "SELECT table_collation FROM information_schema.tables WHERE table_name = 'users'"
    assert app_mysql.sql(f"{collation} AND table_schema = DATABASE()") == [("utf8mb4_unicode_ci",)]
    assert app_mysql.json("check", "--live", code=0).step("live")["status"] == "passed"


@pytest.mark.parametrize(
    ("statement", "kind", "undo"),
    [
        ("ALTER TABLE users ADD COLUMN hand INT", "column", "ALTER TABLE users DROP COLUMN hand"),
        ("CREATE INDEX ix_hand ON users (name)", "index", "DROP INDEX ix_hand ON users"),
        ("CREATE VIEW hand AS SELECT 1", "view", "DROP VIEW hand"),
    ],
    ids=["column", "index", "view"],
)
def test_drift_is_named_and_continue_goes_on(
    app_mysql: Laid, statement: str, kind: str, undo: str
) -> None:
    app_mysql.sql(statement)
    app_mysql.column('Column("email", String(100), unique=True)')
    ran = app_mysql.change("email", code=1)
    assert ran.statuses[6] == "stopped"
    (found,) = ran.step("apply")["drift"]
    assert (found["kind"], found["change"]) == (kind, "added")
    app_mysql.sql(undo)
    assert app_mysql.go_on(code=0).statuses[6] == "passed"


def test_a_revision_that_fails_half_way_says_what_stayed(app_mysql: Laid) -> None:
    app = app_mysql
    app.settings("copy_limit_mb = 0")
    app.sql("UPDATE users SET nick = 'same'")
    app.model('Column("nick", String(50))', 'Column("nick", String(50), unique=True)')
    app.column('Column("first", Integer)')
    (at,) = app.at
    ran = app.change("unique nick", code=1)
    step = ran.step("apply")
    assert step["status"] == "stopped"
    assert "part of the upgrade was committed" in step["restored"]
    assert app.at == [at]
    assert [(one["change"], one["kind"], one["name"]) for one in step["left"]] == [
        ("added", "column", "users.first")
    ]
    # not undone: the database is not touched again
    assert app.go_on(code=1).step("apply")["drift"]
    app.sql("ALTER TABLE users DROP COLUMN first", "UPDATE users SET nick = name")
    assert app.go_on(code=0).statuses[8] == "passed"


def test_a_revision_that_fails_after_its_last_statement(app_mysql: Laid) -> None:
    """The first of two revisions is stamped; of the second everything is there but the stamp."""
    app = app_mysql
    for name in ("first", "second"):
        app.column(f'Column("{name}", Integer)')
        app.change(name, "--no-apply", code=0)
        (app.root / ".assay/state.json").unlink()
    first, second = sorted(app.revisions, key=lambda path: path != app.newest, reverse=True)[-2:]
    end = "    # ### end Alembic commands ###\n"
    # only the real database has rows
    asked = "op.get_bind().exec_driver_sql('SELECT COUNT(*) FROM users').scalar()"
    app.edit(second, end, f"{end}    if {asked}:\n        raise RuntimeError('too late')\n")
    step = app.json("apply", code=1).step("apply")
    assert app.at == [revision_of(first)]
    assert [one["name"] for one in step["left"]] == ["users.second"]
    assert step["catalog_of"] == revision_of(second)


def revision_of(path: Path) -> str:
    return path.name.rpartition("-")[2].partition("_")[0]
