"""MariaDB: what is changed under its name is never missing, in the safe form and in the plain one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from in_use import InUse, accept, in_use
from sqlalchemy import event
from test_no_finding import CHECK, FOREIGN_KEY, INDEX, MARIADB, ROWS, UNIQUE, answers, items

from assay.generate.answers import Answers

REFUSED = {
    "another unique": "INSERT INTO items (id, parent_id, a, name) VALUES (9, 1, 1, 'x')",
    "another primary key": "INSERT INTO items (id, parent_id, a, name) VALUES (1, 1, 1, 'x')",
    "another check": "INSERT INTO items (id, parent_id, a, name) VALUES (9, 1, -99, 'x')",
    "another foreign key": "INSERT INTO items (id, parent_id, a, name) VALUES (9, 99, 1, 'x')",
}
BROKEN = {1062, 1452, 4025}
"""A UNIQUE or primary key, a foreign key, a CHECK."""


@contextmanager
def tried_after_each_statement(project: InUse, sql: str) -> Iterator[list[int | str]]:
    """The errors of somebody else's statement, run after each of those that change something."""
    errors: list[int | str] = []
    with project.connection() as other:

        def look(
            connection: Any, _cursor: Any, statement: str, _given: Any, _context: Any, _many: bool
        ) -> None:
            if connection is other or not statement.startswith(("ALTER", "CREATE", "DROP")):
                return
            try:
                other.exec_driver_sql(sql)
                errors.append(f"nothing, after {statement}")
            except sa.exc.DBAPIError as error:
                errors.append(error.orig.args[0] if error.orig else str(error))

        event.listen(sa.Engine, "after_cursor_execute", look)
        try:
            yield errors
        finally:
            event.remove(sa.Engine, "after_cursor_execute", look)


@pytest.mark.parametrize("over", [0, None], ids=["online", "plain"])
@pytest.mark.parametrize("case", REFUSED)
def test_at_no_moment_is_there_none(
    case: str, over: int | None, mariadb_server: str, tmp_path: Path
) -> None:
    old, new = MARIADB[case]
    with in_use(mariadb_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new, answers(case), over=over)
        assert [rule for rule in project.findings if rule.endswith("-gap")] == []
        with tried_after_each_statement(project, REFUSED[case]) as errors:
            project.upgrade()
            project.downgrade("b0")
        assert len(errors) >= 2
        assert set(errors) <= BROKEN, errors


def numbered(*more: str, key: str) -> str:
    """The models: a table whose ``id`` is AUTO_INCREMENT."""
    columns = [
        'sa.Column("id", sa.BigInteger, autoincrement=True)',
        'sa.Column("a", sa.Integer, nullable=False)',
        f"sa.PrimaryKeyConstraint({key})",
        *more,
    ]
    return f'things = sa.Table("things", metadata, {", ".join(columns)})\n'


CHILDREN = (
    'children = sa.Table("children", metadata, sa.Column("id", sa.Integer, primary_key=True),'
    ' sa.Column("thing", sa.BigInteger, sa.ForeignKey("things.id", name="fk_thing"), index=True))\n'
)
SWAPPED = {
    # old, new, the statements of the upgrade that change something
    "an index becomes unique": (
        items(INDEX),
        items(UNIQUE.replace("uq", "ix_a")),
        ["ALTER TABLE items DROP INDEX ix_a, ADD CONSTRAINT ix_a UNIQUE (a)"],
    ),
    "a column comes into it": (
        items(UNIQUE),
        items('sa.Column("b", sa.Integer)', 'sa.UniqueConstraint("a", "b", name="uq")'),
        [
            "ALTER TABLE items ADD COLUMN b INTEGER",
            "ALTER TABLE items DROP INDEX uq, ADD CONSTRAINT uq UNIQUE (a, b)",
        ],
    ),
    "a column of it goes": (
        items('sa.Column("b", sa.Integer)', 'sa.UniqueConstraint("a", "b", name="uq")'),
        items(UNIQUE),
        [
            "ALTER TABLE items DROP INDEX uq, ADD CONSTRAINT uq UNIQUE (a)",
            "ALTER TABLE items DROP COLUMN b",
        ],
    ),
    "one goes, another comes": (
        items(
            'sa.Column("b", sa.Integer)', "sa.CheckConstraint('b > -10 OR a = 1', name='positive')"
        ),
        items(
            'sa.Column("c", sa.Integer)', "sa.CheckConstraint('c > -10 OR a = 1', name='positive')"
        ),
        [
            "ALTER TABLE items DROP CONSTRAINT positive",
            "ALTER TABLE items ADD COLUMN c INTEGER",
            "ALTER TABLE items DROP COLUMN b",
            "ALTER TABLE items ADD CONSTRAINT positive CHECK (`c` > -10 or `a` = 1)",
        ],
    ),
    "a column of the key may be NULL": (
        items('sa.PrimaryKeyConstraint("name", "id")', key=False, name=", nullable=False"),
        items(),
        [
            "ALTER TABLE items DROP PRIMARY KEY, ADD PRIMARY KEY (id)",
            "ALTER TABLE items MODIFY COLUMN name VARCHAR(50)",
        ],
    ),
    "a key that is numbered": (
        numbered(key='"id"'),
        numbered(key='"id", "a"'),
        ["ALTER TABLE things DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)"],
    ),
    "a key that numbers stood on beside another": (
        numbered('sa.UniqueConstraint("id", name="uq")', key='"id"'),
        numbered('sa.UniqueConstraint("id", name="uq")', key='"a", "id"'),
        ["ALTER TABLE things DROP PRIMARY KEY, ADD PRIMARY KEY (a, id)"],
    ),
    "an index that a foreign key stands on": (
        items('sa.Index("ix_p", "parent_id", "a")', FOREIGN_KEY).replace(", index=True", ""),
        items('sa.Index("ix_p", "parent_id", "name")', FOREIGN_KEY).replace(", index=True", ""),
        ["ALTER TABLE items DROP INDEX ix_p, ADD INDEX ix_p (parent_id, name)"],
    ),
    "a key that others refer to": (
        numbered(key='"id"') + CHILDREN,
        numbered(key='"id", "a"') + CHILDREN,
        ["ALTER TABLE things DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)"],
    ),
    "a percent sign": (
        items("sa.CheckConstraint(\"name NOT LIKE 'a%b'\", name='positive')"),
        items("sa.CheckConstraint(\"name NOT LIKE 'b%c'\", name='positive')"),
        [
            "ALTER TABLE items DROP CONSTRAINT positive, "
            "ADD CONSTRAINT positive CHECK (`name` not like 'b%c')"
        ],
    ),
    "a foreign key that has its index": (
        items('sa.Column("owner", sa.BigInteger)', FOREIGN_KEY.replace("parent_id", "owner", 1)),
        items(
            'sa.Column("owner", sa.BigInteger)',
            FOREIGN_KEY.replace("parent_id", "owner", 1)[:-1] + ', ondelete="SET NULL")',
        ),
        [
            "ALTER TABLE items RENAME INDEX fk TO _assay_fk",
            "ALTER TABLE items RENAME INDEX _assay_fk TO fk",
            "ALTER TABLE items ADD CONSTRAINT fk_replacing FOREIGN KEY(owner) REFERENCES parents (id)"
            " ON DELETE SET NULL",
            "ALTER TABLE items DROP FOREIGN KEY fk",
            "ALTER TABLE items DROP FOREIGN KEY fk_replacing, ADD CONSTRAINT fk FOREIGN KEY(owner)"
            " REFERENCES parents (id) ON DELETE SET NULL",
        ],
    ),
}


@pytest.mark.parametrize("case", SWAPPED)
def test_statements(case: str, mariadb_server: str, tmp_path: Path) -> None:
    old, new, expected = SWAPPED[case]
    with in_use(mariadb_server, tmp_path / "app", old) as project:
        gone = ("items.b",) if any(one.endswith("DROP COLUMN b") for one in expected) else ()
        project.change(new, Answers(drop=gone), over=None)
        assert project.statements == expected
        accept(project)


def test_values_that_neither_check_takes(mariadb_server: str, tmp_path: Path) -> None:
    """What the old one allows the new one forbids: there must be none while they change."""
    old = items("sa.CheckConstraint(\"name IN ('x', 'y', 'z')\", name='known')")
    new = old.replace("'x'", "'w'")
    with in_use(mariadb_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new, Answers(values={"items.name": {"x": "w"}}))
        accept(project)
        assert project.sql("SELECT name FROM items WHERE id = 1") == [("w",)]


@contextmanager
def operations_on(project: InUse) -> Iterator[Any]:
    """Operations on the real database."""
    with project.connection() as connection:
        yield Operations(MigrationContext.configure(connection))


def at_once(op: Any, *calls: Callable[[], object]) -> None:
    """Operations in one statement."""
    with op.in_one_statement():
        for call in calls:
            call()


def test_a_block_is_of_one_table_and_nothing_else(mariadb_server: str, tmp_path: Path) -> None:
    with in_use(mariadb_server, tmp_path / "app", items(INDEX, CHECK)) as project:
        before = project.catalog
        with operations_on(project) as op:
            for wrong in (
                lambda: op.create_index("ix_p", "parents", ["id"]),
                lambda: op.execute("UPDATE items SET a = 1"),
                lambda: op.drop_table("items"),
            ):
                with pytest.raises(CommandError, match="changes of one table, not for"):
                    at_once(op, lambda: op.drop_index("ix_a", "items"), wrong)
            with pytest.raises(ZeroDivisionError):
                at_once(op, lambda: op.drop_index("ix_a", "items"), lambda: 1 / 0)
            assert project.catalog.objects == before.objects
            # behind it statements run as they did
            op.drop_index("ix_a", "items")
        assert project.sql("SHOW INDEX FROM items WHERE key_name = 'ix_a'") == []


def test_what_the_server_refuses_leaves_the_old_one(mariadb_server: str, tmp_path: Path) -> None:
    with in_use(mariadb_server, tmp_path / "app", items(CHECK), *ROWS) as project:
        before = project.catalog
        with operations_on(project) as op, pytest.raises(sa.exc.DBAPIError, match="positive"):
            at_once(
                op,
                lambda: op.drop_constraint("positive", "items", type_="check"),
                lambda: op.create_check_constraint("positive", "items", "a > 1"),
            )
        assert project.catalog.objects == before.objects


def test_the_sql_file_says_it_too(
    mariadb_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = items(INDEX, FOREIGN_KEY)
    new = items('sa.Index("ix_a", "a", "name")', FOREIGN_KEY[:-1] + ', ondelete="SET NULL")')
    with in_use(mariadb_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new)
        env = project.folder / "migrations" / "env.py"
        env.write_text(
            "from alembic import context\n"
            "context.configure(url=context.config.get_main_option('sqlalchemy.url'))\n"
            "with context.begin_transaction():\n    context.run_migrations()\n"
        )
        from alembic import command

        command.upgrade(project.config, "b0:head", sql=True)
        said = capsys.readouterr().out
        assert (
            "ALTER TABLE items DROP INDEX ix_a, ADD INDEX ix_a (a, name), "
            "ALGORITHM=INPLACE, LOCK=NONE;" in said
        )
        assert (
            "SET @assay_checks = @@foreign_key_checks, foreign_key_checks = 0;\n\n"
            "ALTER TABLE items DROP FOREIGN KEY fk_replacing, ADD CONSTRAINT fk FOREIGN KEY(parent_id)"
            " REFERENCES parents (id) ON DELETE SET NULL, ALGORITHM=INSTANT;\n\n"
            "SET foreign_key_checks = @assay_checks;" in said
        )


def test_elsewhere_each_is_its_own_statement(postgresql_server: str, tmp_path: Path) -> None:
    with in_use(postgresql_server, tmp_path / "app", items(INDEX, FOREIGN_KEY), *ROWS) as project:
        with operations_on(project) as op:
            with op.in_one_statement():
                op.drop_index("ix_a", "items")
                op.create_index("ix_a", "items", ["a", "name"])
            op.rename_foreign_key("fk_new", "items", "parents", ["parent_id"], ["id"], renames="fk")
        found = project.catalog
        assert found.get("foreign key", "public", "items", "fk_new") is not None
        assert found.get("foreign key", "public", "items", "fk") is None
        index = found.get("index", "public", "items", "ix_a")
        assert index is not None
        assert "a, name" in str(index.attributes)
