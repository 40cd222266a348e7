"""A change through Alembic's operations leaves the catalog that create_all makes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from assay.catalog import Snapshot, compare
from assay.dialects import load

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def snapshot_of(connection: sa.Connection) -> Snapshot:
    def query(sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]

    return load("sqlite").read_catalog(query).snapshot


def metadata_of(
    *extra: Any, convention: dict[str, str] | None = None, **options: Any
) -> sa.MetaData:
    """Teams and users; ``extra`` goes into users, keywords replace its columns."""
    metadata = sa.MetaData(naming_convention=CONVENTION if convention is None else convention)
    sa.Table(
        "teams",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(8), nullable=False, unique=True),
    )
    columns: dict[str, tuple[Any, dict[str, Any]]] = {
        "email": (sa.String(100), {"nullable": False}),
        "age": (sa.Integer, {}),
        "note": (sa.Text, {"server_default": "it's"}),
        "made": (sa.DateTime, {"server_default": sa.text("CURRENT_TIMESTAMP")}),
        "team_id": (sa.Integer, {}),
        "active": (sa.Boolean, {"server_default": sa.text("1"), "nullable": False}),
    }
    for name, definition in options.items():
        if definition is None:
            del columns[name]
        else:
            columns[name] = definition
    sa.Table(
        "users",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, type_, **kw) for name, (type_, kw) in columns.items()),
        *extra,
    )
    return metadata


def created(metadata: sa.MetaData) -> Snapshot:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        return snapshot_of(connection)


def migrated(metadata: sa.MetaData, operate: Callable[[Operations], Any]) -> Snapshot:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        context = MigrationContext.configure(
            connection, opts={"render_as_batch": True, "target_metadata": metadata}
        )
        operate(Operations(context))
        return snapshot_of(connection)


def batch(work: Callable[[Any], Any], **options: Any) -> Callable[[Operations], None]:
    def operate(op: Operations) -> None:
        with op.batch_alter_table("users", naming_convention=CONVENTION, **options) as users:
            work(users)

    return operate


FK = ("fk_users_team_id_teams", "teams", ["team_id"], ["id"])

# name: models after, operation, differences as (change, object, attributes that differ)
CASES: dict[str, tuple[Callable[[], sa.MetaData], Callable[[Operations], Any], list[Any]]] = {
    "add column": (
        lambda: metadata_of(bio=(sa.Text, {})),
        batch(lambda u: u.add_column(sa.Column("bio", sa.Text))),
        [("added", "column users.bio", [])],
    ),
    "add column with default, rebuilt": (
        lambda: metadata_of(bio=(sa.String(9), {"nullable": False, "server_default": "x"})),
        batch(
            lambda u: u.add_column(
                sa.Column("bio", sa.String(9), nullable=False, server_default="x")
            ),
            recreate="always",
        ),
        [("added", "column users.bio", [])],
    ),
    "rebuild that changes nothing": (metadata_of, batch(lambda _u: None, recreate="always"), []),
    "drop column": (
        lambda: metadata_of(age=None),
        batch(lambda u: u.drop_column("age")),
        [("removed", "column users.age", [])],
    ),
    "not null": (
        lambda: metadata_of(age=(sa.Integer, {"nullable": False})),
        batch(lambda u: u.alter_column("age", existing_type=sa.Integer, nullable=False)),
        [("altered", "column users.age", ["not null"])],
    ),
    "type": (
        lambda: metadata_of(age=(sa.Numeric(10, 2), {})),
        batch(lambda u: u.alter_column("age", type_=sa.Numeric(10, 2))),
        [("altered", "column users.age", ["type"])],
    ),
    "length": (
        lambda: metadata_of(email=(sa.String(101), {"nullable": False})),
        batch(lambda u: u.alter_column("email", type_=sa.String(101))),
        [("altered", "column users.email", ["type"])],
    ),
    "default": (
        lambda: metadata_of(note=(sa.Text, {"server_default": "x"})),
        batch(lambda u: u.alter_column("note", server_default="x")),
        [("altered", "column users.note", ["default"])],
    ),
    "default as expression": (
        lambda: metadata_of(note=(sa.Text, {"server_default": sa.text("(lower('A'))")})),
        batch(lambda u: u.alter_column("note", server_default=sa.text("(lower('A'))"))),
        [("altered", "column users.note", ["default"])],
    ),
    "default dropped": (
        lambda: metadata_of(note=(sa.Text, {})),
        batch(lambda u: u.alter_column("note", server_default=None)),
        [("altered", "column users.note", ["default"])],
    ),
    "collation": (
        lambda: metadata_of(email=(sa.String(100, collation="NOCASE"), {"nullable": False})),
        batch(lambda u: u.alter_column("email", type_=sa.String(100, collation="NOCASE"))),
        [("altered", "column users.email", ["collation"])],
    ),
    "rename column": (
        lambda: metadata_of(email=None, mail=(sa.String(100), {"nullable": False})),
        batch(lambda u: u.alter_column("email", new_column_name="mail")),
        [("removed", "column users.email", []), ("added", "column users.mail", [])],
    ),
    "unique": (
        lambda: metadata_of(sa.UniqueConstraint("email")),
        batch(lambda u: u.create_unique_constraint("uq_users_email", ["email"])),
        [("added", "unique users.uq_users_email", [])],
    ),
    "unique at the column": (
        lambda: metadata_of(email=(sa.String(100), {"nullable": False, "unique": True})),
        batch(lambda u: u.create_unique_constraint("uq_users_email", ["email"])),
        [("added", "unique users.uq_users_email", [])],
    ),
    "check": (
        lambda: metadata_of(sa.CheckConstraint("age  > 0 and note <> 'a  b'", name="age")),
        batch(lambda u: u.create_check_constraint("age", sa.text("age > 0 AND note <> 'a  b'"))),
        [("added", "check users.ck_users_age", [])],
    ),
    "foreign key": (
        lambda: metadata_of(sa.ForeignKeyConstraint(["team_id"], ["teams.id"])),
        batch(lambda u: u.create_foreign_key(*FK)),
        [("added", "foreign key users.fk_users_team_id_teams", [])],
    ),
    "foreign key with options": (
        lambda: metadata_of(
            sa.ForeignKeyConstraint(
                ["team_id"],
                ["teams.id"],
                ondelete="CASCADE",
                onupdate="SET NULL",
                deferrable=True,
                initially="DEFERRED",
            )
        ),
        batch(
            lambda u: u.create_foreign_key(
                *FK,
                ondelete="CASCADE",
                onupdate="SET NULL",
                deferrable=True,
                initially="DEFERRED",
            )
        ),
        [("added", "foreign key users.fk_users_team_id_teams", [])],
    ),
    "index": (
        lambda: metadata_of(sa.Index(None, "email")),
        batch(lambda u: u.create_index("ix_users_email", ["email"])),
        [("added", "index users.ix_users_email", [])],
    ),
    "partial unique index on expressions": (
        lambda: metadata_of(
            sa.Index(
                "ix_x",
                sa.text("lower(email) DESC"),
                sa.text("age"),
                unique=True,
                sqlite_where=sa.text("age > 1"),
            )
        ),
        lambda op: op.create_index(
            "ix_x",
            "users",
            [sa.text("lower(email) DESC"), "age"],
            unique=True,
            sqlite_where=sa.text("age > 1"),
        ),
        [("added", "index users.ix_x", [])],
    ),
    "new table": (
        lambda: _with_tags(metadata_of()),
        lambda op: op.create_table(
            "tags",
            sa.Column("user_id", sa.Integer, nullable=False),
            sa.Column("Tag name", sa.String(5), nullable=False),
            sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tags_user_id_users"),
            sa.PrimaryKeyConstraint("user_id", "Tag name", name="pk_tags"),
        ),
        [
            ("added", "column tags.Tag name", []),
            ("added", "column tags.user_id", []),
            ("added", "foreign key tags.fk_tags_user_id_users", []),
            ("added", "primary key tags.pk_tags", []),
            ("added", "table tags", []),
        ],
    ),
}


def _with_tags(metadata: sa.MetaData) -> sa.MetaData:
    sa.Table(
        "tags",
        metadata,
        sa.Column("user_id", sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("Tag name", sa.String(5), primary_key=True),
    )
    return metadata


@pytest.mark.parametrize("name", CASES)
def test_sqlite_operation_equals_create_all(name: str) -> None:
    after, operate, expected = CASES[name]
    models = created(after())
    chain = migrated(metadata_of(), operate)
    assert [d.to_json() for d in compare(models, chain)] == []
    assert models.fingerprint == chain.fingerprint
    found = [
        (d.change.value, d.object.label, [a for a, _, _ in d.altered])
        for d in compare(created(metadata_of()), chain)
    ]
    assert found == expected


@pytest.mark.parametrize(
    "options",
    [
        {"ondelete": "CASCADE"},
        {"onupdate": "SET NULL"},
        {"deferrable": True, "initially": "DEFERRED"},
    ],
    ids=str,
)
def test_sqlite_foreign_key_option_is_the_only_difference(options: dict[str, Any]) -> None:
    plain = metadata_of(sa.ForeignKeyConstraint(["team_id"], ["teams.id"]))
    other = metadata_of(sa.ForeignKeyConstraint(["team_id"], ["teams.id"], **options))
    [difference] = compare(created(plain), created(other))
    assert difference.object.label == "foreign key users.fk_users_team_id_teams"
    names = {"ondelete": "on delete", "onupdate": "on update"}
    assert [a for a, _, _ in difference.altered] == [names.get(o, o) for o in options]


def test_sqlite_unnamed_constraints_survive_a_rebuild() -> None:
    def models() -> sa.MetaData:
        return metadata_of(
            sa.UniqueConstraint("email", "age"),
            sa.ForeignKeyConstraint(["team_id"], ["teams.id"], ondelete="CASCADE"),
            convention={"ix": "ix_%(column_0_label)s"},
        )

    def operate(op: Operations) -> None:
        with op.batch_alter_table("users", recreate="always") as users:
            users.add_column(sa.Column("bio", sa.Text))

    chain = migrated(models(), operate)
    found = [(d.change.value, d.object.label) for d in compare(created(models()), chain)]
    assert found == [("added", "column users.bio")]


@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 35), reason="DROP COLUMN since 3.35")
def test_sqlite_native_alter_table_equals_create_table() -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        """
        CREATE TABLE a (id INTEGER PRIMARY KEY, [key] TEXT, gone INT, CHECK ([key] <> 'key'));
        CREATE TABLE b (a_id INT REFERENCES a, own INT REFERENCES b (a_id));
        CREATE INDEX i ON a (key, lower(key)) WHERE key > 0;
        CREATE VIEW v AS SELECT a.key FROM a;
        CREATE TRIGGER t AFTER UPDATE OF key ON a BEGIN UPDATE a SET key = new.key; END;
        ALTER TABLE a RENAME COLUMN key TO "action";
        ALTER TABLE a RENAME TO c;
        ALTER TABLE c DROP COLUMN gone;
        ALTER TABLE c ADD COLUMN n NUMERIC( 10,2 ) DEFAULT (1);
        """
    )
    fresh = sqlite3.connect(":memory:")
    fresh.executescript(
        """
        create table c (id integer primary key, action text, n numeric(10, 2) default 1,
            check (action <> 'key'));
        create table b (a_id int references c (id), own int, foreign key (own) references b (a_id));
        create index i on c (action asc, lower( action )) where action > 0;
        create view v as select c.action from c;
        create trigger t after update of action on c begin update c set action = new.action; end;
        """
    )
    read = load("sqlite").read_catalog
    one = read(lambda sql: connection.execute(sql).fetchall()).snapshot
    other = read(lambda sql: fresh.execute(sql).fetchall()).snapshot
    assert [d.to_json() for d in compare(one, other)] == []
