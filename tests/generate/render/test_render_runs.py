"""Rendered operations, run by Alembic on real servers: the catalog is that of ``create_all``."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic.operations import ops
from rendered import context_for, run
from sqlalchemy.dialects import mysql, postgresql

from assay.dialects import load
from assay.operations.constraints import CheckOp
from assay.project.compat.constructs import copy_column
from assay.project.project import query_on


class Money(sa.types.TypeDecorator):
    impl = sa.Numeric
    cache_ok = True

    def __init__(self):
        super().__init__(12, 4)


class Point(sa.types.UserDefinedType):
    def get_col_spec(self, **_):
        return "POINT"


@contextmanager
def database(server: str | Path) -> Iterator[sa.Engine]:
    """A new empty database on a server, or in a folder."""
    name = f"assay_render_{uuid.uuid4().hex[:10]}"
    if isinstance(server, Path):
        yield sa.create_engine(f"sqlite:///{server / name}.db", poolclass=sa.NullPool)
        return
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield sa.create_engine(sa.make_url(server).set(database=name), poolclass=sa.NullPool)
    finally:
        with admin.connect() as connection:
            force = " WITH (FORCE)" if connection.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP DATABASE {name}{force}")


def catalog(engine: sa.Engine) -> object:
    with engine.connect() as connection:
        if connection.dialect.name in ("mysql", "mariadb"):
            tables = sa.inspect(connection).get_table_names()
            return [connection.exec_driver_sql(f"SHOW CREATE TABLE {t}").all() for t in tables]
        return load(connection.dialect.name).read_catalog(query_on(connection)).snapshot.objects


def both_ways(server: str | Path, metadata: sa.MetaData) -> tuple[object, object, str]:
    """Catalogs of ``create_all`` and of a revision that makes the same, and its text."""
    with database(server) as wanted, database(server) as made:
        metadata.create_all(wanted)
        with made.connect() as connection:
            context = context_for(connection, metadata)
            with context.migration_context.begin_transaction():
                text = run(context, *operations(metadata))
            connection.commit()
        return catalog(wanted), catalog(made), text


def operations(metadata: sa.MetaData) -> Iterator[ops.MigrateOperation]:
    for table in metadata.sorted_tables:
        yield ops.CreateTableOp.from_table(table)
        for index in sorted(table.indexes, key=lambda i: str(i.name)):
            yield ops.CreateIndexOp.from_index(index)


def common(
    metadata: sa.MetaData, *columns: sa.Column, inline: str | None = "ck_inline"
) -> sa.Table:
    """What all engines have; ``inline`` names a CHECK on a column."""
    return sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("m", Money(), nullable=False),
        sa.Column("text", sa.String(40), server_default="it's 100% :a\\b"),
        sa.Column("quoted", sa.String(40), server_default="'q'"),
        sa.Column("expression", sa.String(40), server_default=sa.text("'5% \\:x'")),
        sa.Column("at", sa.DateTime, server_default=sa.func.now()),
        sa.Column("flag", sa.Boolean(create_constraint=True, name="ck_flag")),
        sa.Column(
            "kind",
            sa.Enum("a", "b%", name="kind", native_enum=False, create_constraint=True, length=9),
        ),
        sa.Column("n", sa.Integer, sa.CheckConstraint("n % 2 = 0", name=inline)),
        sa.Column("double", sa.Integer, sa.Computed("n * 2 % 100", persisted=True)),
        sa.CheckConstraint("text <> ' :z 10%'".replace(":", "\\:"), name="ck_table"),
        *columns,
    )


def test_sqlite(tmp_path):
    metadata = sa.MetaData()
    table = common(
        metadata,
        sa.Column("c", sa.String(5, collation="NOCASE")),
        sa.Column("k", sa.Integer, nullable=False, sqlite_on_conflict_not_null="IGNORE"),
        sa.Column("local", sa.DateTime, server_default=sa.text("(datetime('now', 'localtime'))")),
    )
    sa.Index("ix_part", table.c.n, sqlite_where=table.c.text == " :p 5%")
    sa.Index("ix_expression", sa.func.lower(table.c.text))
    wanted, made, text = both_ways(tmp_path, metadata)
    assert made == wanted, text


def test_postgresql(postgresql_server):
    metadata = sa.MetaData()
    table = common(
        metadata,
        sa.Column("mood", sa.Enum("sad", "50%", name="mood"), server_default="50%"),
        sa.Column("moods", postgresql.ARRAY(sa.Enum("x(", "y*", name="moods"))),
        sa.Column("d", postgresql.DOMAIN("posint", sa.Integer, check="VALUE % 2 = 0")),
        sa.Column("p", Point()),
        sa.Column("j", postgresql.JSONB, server_default=sa.text('\'{"a\\:b": "1%"}\'::jsonb')),
        sa.Column("c", sa.String(5, collation="C")),
        sa.Column("i", sa.BigInteger, sa.Identity(always=True, start=5, increment=2)),
        sa.Column("w", sa.Enum("a").with_variant(postgresql.ENUM("b", name="w"), "postgresql")),
        sa.Column("v", postgresql.INTERVAL(fields="DAY TO SECOND", precision=3)),
    )
    sa.Index("ix_part", table.c.n, postgresql_where=table.c.text == " :p 5%")
    sa.Index("ix_mod", table.c.n % 5)
    wanted, made, text = both_ways(postgresql_server, metadata)
    assert made == wanted, text


def test_a_primary_key_that_is_no_serial(postgresql_server):
    """Alembic writes it without its default in Python, so that it becomes one."""
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True, default=lambda: 1))
    wanted, made, text = both_ways(postgresql_server, metadata)
    assert made == wanted, text


def test_mariadb(mariadb_server):
    metadata = sa.MetaData()
    common(
        metadata,
        sa.Column("e", mysql.ENUM("a", "it's", charset="utf8mb4", collation="utf8mb4_bin")),
        sa.Column("s", mysql.SET("x", "y")),
        sa.Column("u", mysql.INTEGER(unsigned=True, zerofill=True, display_width=5)),
        sa.Column(
            "ts",
            mysql.TIMESTAMP(fsp=3),
            server_default=sa.text("CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)"),
        ),
        sa.Column("c", mysql.VARCHAR(5, collation="latin1_bin"), comment="it's 5% a\\b"),
        sa.Column("p", Point()),
        inline=None,  # MariaDB takes no name there
    )
    wanted, made, text = both_ways(mariadb_server, metadata)
    assert made == wanted, text


def test_names_of_checks_with_a_convention(tmp_path):
    metadata = sa.MetaData(
        naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s"}
    )
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("flag", sa.Boolean(create_constraint=True, name="flag")),
        sa.Column("n", sa.Integer, sa.CheckConstraint("n > 0", name="positive")),
        sa.CheckConstraint("n < 9", name="small"),
    )
    wanted, made, text = both_ways(tmp_path, metadata)
    assert made == wanted, text
    assert text.count("ck_t_positive") == 1


def test_operations_on_a_table_that_is_there(postgresql_server):
    """What has no ``render_item`` in Alembic: the CHECK of an operation, an index's predicate."""
    old, new = sa.MetaData(), sa.MetaData()
    sa.Table("t", old, sa.Column("n", sa.Integer), sa.Column("s", sa.String(9)))
    check = sa.CheckConstraint("s <> ' \\:x 5%'", name="ck_s")
    table = sa.Table(
        "t",
        new,
        sa.Column("n", sa.BigInteger, server_default=sa.text("7 % 4")),
        sa.Column("s", Money(), server_default="3"),
        check,
    )
    check.sqltext = sa.text("n % 2 = 0 OR n::text <> ' \\:x 5%'")
    index = sa.Index("ix_n", table.c.n % 3, postgresql_where=sa.text("n::text <> ' \\:x %'"))
    with database(postgresql_server) as wanted, database(postgresql_server) as made:
        new.create_all(wanted)
        old.create_all(made)
        with made.connect() as connection:
            context = context_for(connection, new)
            text = run(
                context,
                ops.AlterColumnOp(
                    "t",
                    "n",
                    modify_type=sa.BigInteger(),
                    modify_server_default=table.c.n.server_default,
                ),
                ops.DropColumnOp("t", "s"),
                ops.AddColumnOp("t", copy_column(table.c.s)),
                CheckOp("ck_s", "t", str(check.sqltext)),
                ops.CreateIndexOp.from_index(index),
            )
            connection.commit()
        assert catalog(made) == catalog(wanted), text
