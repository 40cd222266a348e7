"""Pairs of schemas on a real MariaDB: there, back, there again; rows and every name kept."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from pairs import Outcome, Place, run_pair
from sqlalchemy.dialects.mysql import pymysql

from assay.generate.answers import Answers


@pytest.fixture
def place(mariadb_server: str) -> Place:
    return Place(mariadb_server.replace("mysql+", "mariadb+", 1))


# whether create_all itself can run a percent sign; SQLAlchemy 2.0.0 cannot
PERCENT = "%%" in str(
    sa.schema.CreateTable(sa.Table("t", sa.MetaData(), sa.Column("e", sa.Enum("5%")))).compile(
        dialect=pymysql.dialect()
    )
)
ORG = (
    "Table('org', metadata, Column('id', Integer, primary_key=True),"
    " Column('code', String(20), unique=True))\n"
)


def acct(columns: str, table: str = "acct", before: str = "") -> str:
    return (
        f"metadata = MetaData()\n{before}Table({table!r}, metadata,"
        f" Column('id', Integer, primary_key=True), Column('kept', String(20)), {columns})\n"
    )


def tables(source: str) -> str:
    return f"metadata = MetaData()\n{source if PERCENT else source.replace('%', '')}"


def right(outcome: Outcome) -> str:
    assert outcome.problems == [], outcome.text
    return outcome.text


UPDATED = "server_default=text('CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP')"
COLUMNS = {
    "type": ("Column('v', Integer)", "Column('v', BigInteger)"),
    "not null and default": (
        "Column('v', Integer, comment='a')",
        "Column('v', BigInteger, server_default='9', nullable=False, comment=\"it's 5% :b\")",
    ),
    "on update survives": (
        f"Column('v', DateTime, {UPDATED}, comment='a')",
        f"Column('v', DateTime, {UPDATED}, comment='b')",
    ),
    "on update comes": ("Column('v', TIMESTAMP)", f"Column('v', TIMESTAMP, {UPDATED})"),
    "check of the column": (
        "Column('v', Integer)",
        "Column('v', Integer, CheckConstraint('v <> -7'))",
    ),
    "json": ("Column('v', JSON)", "Column('v', JSON, comment='a')"),
    "collation": ("Column('v', String(20))", "Column('v', String(20, collation='utf8mb4_bin'))"),
    "enum's collation": (
        "Column('v', mysql.ENUM('a', 'b', collation='utf8mb4_bin'))",
        "Column('v', mysql.ENUM('a', 'b', 'c', collation='utf8mb4_bin'))",
    ),
    "enum's order": ("Column('v', Enum('a', 'b'))", "Column('v', Enum('b', 'a', 'c'))"),
    "boolean's check": (
        "Column('v', Boolean)",
        "Column('v', Boolean(create_constraint=True))",
    ),
    "new and never null": ("", "Column('v', Integer, nullable=False, server_default='1')"),
    "every type dropped": (
        "Column('a', mysql.INTEGER(unsigned=True)), Column('b', JSON), Column('c', Enum('x','y%')),"
        "Column('d', mysql.SET('p','q')), Column('e', mysql.DATETIME(fsp=6)),"
        "Column('f', mysql.BIT(4)), Column('g', Double), Column('h', mysql.YEAR),"
        "Column('i', mysql.VARCHAR(10, charset='latin1')), Column('j', BINARY(5)),"
        "Column('k', Numeric(8, 3)), Column('l', mysql.TINYINT), Column('m', mysql.LONGTEXT)",
        "",
    ),
    "generated, new expression": (
        "Column('a', Integer), Column('g', Integer, Computed('a * 2', persisted=True))",
        "Column('a', BigInteger), Column('g', Integer, Computed('a * 0', persisted=True))",
    ),
    "virtual to stored, indexed": (
        "Column('a', Integer), Column('g', BigInteger, Computed('a + 1', persisted=False), index=True)",
        "Column('a', Integer), Column('g', BigInteger, Computed('a + 1', persisted=True), index=True)",
    ),
    "virtual to plain": (
        "Column('a', Integer), Column('g', BigInteger, Computed('a + 1', persisted=False))",
        "Column('a', Integer), Column('g', BigInteger)",
    ),
    "generated from generated": (
        "",
        "Column('a', Integer), Column('g', Integer, Computed('a * 2', persisted=True)),"
        "Column('h', Integer, Computed('g + 1', persisted=True))",
    ),
    "checks without names": (
        "Column('a', Integer), Column('b', Integer), CheckConstraint('a <> -1'),"
        "CheckConstraint('b <> -2'), CheckConstraint('a <> -3')",
        "Column('a', Integer), Column('b', Integer), CheckConstraint('a <> -1'),"
        "CheckConstraint('a <> -3')",
    ),
    "check with % and colon": (
        "Column('a', String(20))",
        "Column('a', String(20)), CheckConstraint(\"a <> '5% :x'\", name='ck')",
    ),
    "uniques without names": (
        "Column('a', Integer), Column('b', Integer), UniqueConstraint('a', 'id')",
        "Column('a', Integer), Column('b', Integer), UniqueConstraint('a', 'id'),"
        "UniqueConstraint('a', 'b', 'id')",
    ),
    "prefix of an index": (
        "Column('b', Text), Index('ix', 'b', mariadb_length=10)",
        "Column('b', Text), Index('ix', 'b', mariadb_length=20)",
    ),
    "descending index": (
        "Column('n', Integer), Index('ix', 'n', 'kept')",
        "Column('n', Integer), Index('ix', text('n DESC'), 'kept')",
    ),
    "fulltext over a column that changes": (
        "Column('b', Text), Index('ix', 'b', mariadb_prefix='FULLTEXT')",
        "Column('b', Text(collation='utf8mb4_bin')), Index('ix', 'b', mariadb_prefix='FULLTEXT')",
    ),
    "index, then a part of it": (
        "Column('a', Integer), Column('b', Integer), Index('ix', 'a', 'b')",
        "Column('a', Integer), Index('ix', 'a')",
    ),
}


def each_in_a_table(cases: dict[str, tuple[str, str]], side: int, before: str = "") -> str:
    """One schema of all cases: the table is named as the case."""
    return tables(
        before
        + "".join(
            f"Table({name!r}, metadata, Column('id', Integer, primary_key=True),"
            f" Column('kept', String(20)), {case[side]})\n"
            for name, case in cases.items()
        )
    )


def test_columns_indexes_and_checks(place: Place) -> None:
    right(run_pair(place, each_in_a_table(COLUMNS, 0), each_in_a_table(COLUMNS, 1)))


REFERENCES = {
    "made, unnamed": ("", "Column('o', ForeignKey('org.id'))"),
    "dropped, unnamed": ("Column('o', ForeignKey('org.id'))", "Column('o', Integer)"),
    "renamed": (
        "Column('o', ForeignKey('org.id', name='fk_a'))",
        "Column('o', ForeignKey('org.id', name='fk_b'))",
    ),
    "its name lost": (
        "Column('o', ForeignKey('org.id', name='fk_a'))",
        "Column('o', ForeignKey('org.id'))",
    ),
    "an index of its own": (
        "Column('o', ForeignKey('org.id'))",
        "Column('o', ForeignKey('org.id'), index=True)",
    ),
    "without an index of its own": (
        "Column('o', ForeignKey('org.id', name='fk'), index=True)",
        "Column('o', ForeignKey('org.id', name='fk'))",
    ),
    "a wider index": (
        "Column('o', ForeignKey('org.id', name='fk'))",
        "Column('o', ForeignKey('org.id', name='fk')), Index('ix', 'o', 'kept')",
    ),
    "numbers move up": (
        "Column('a', ForeignKey('org.id')), Column('b', ForeignKey('org.id')),"
        "Column('c', ForeignKey('org.id'))",
        "Column('a', ForeignKey('org.id')), Column('c', ForeignKey('org.id'))",
    ),
    "two on one column": (
        "Column('a', ForeignKey('org.id', name='z'))",
        "Column('a', ForeignKey('org.id', name='z')),"
        "ForeignKeyConstraint(['a'], ['org.id'], name='y')",
    ),
    "new action": (
        "Column('a', ForeignKey('org.id'))",
        "Column('a', ForeignKey('org.id', ondelete='SET NULL', onupdate='CASCADE'))",
    ),
    "to itself": (
        "",
        "Column('p', ForeignKey('to itself.id')), Column('q', ForeignKey('to itself.id'))",
    ),
}


def test_foreign_keys_and_their_indexes(place: Place) -> None:
    # InnoDB wants the names of foreign keys to be different in all of a database
    cases = {
        name: tuple(re.sub(r"name='(?!ix)", f"name='{name}_", side) for side in pair)
        for name, pair in REFERENCES.items()
    }
    right(run_pair(place, *(each_in_a_table(cases, side, ORG) for side in (0, 1))))


def test_type_of_both_sides_of_a_foreign_key(place: Place) -> None:
    new = ORG.replace("String(20)", "String(40)").replace("Integer", "BigInteger")
    columns = "Column('o', ForeignKey('org.id')), Column('c', String(20), ForeignKey('org.code'))"
    right(
        run_pair(
            place,
            acct(columns, before=ORG),
            acct(columns.replace("String(20)", "String(40)"), before=new),
        )
    )


CIRCLE = (
    "Table('x', metadata, Column('id', Integer, primary_key=True),"
    " Column('y_id', ForeignKey('y.id', name='fk_xy')))\n"
    "Table('y', metadata, Column('id', Integer, primary_key=True),"
    " Column('x_id', ForeignKey('x.id', name='fk_yx')))\n"
)
WHOLE = """Table('n', metadata, Column('id', BigInteger, primary_key=True),
 Column('e', Enum('a', 'b%'), server_default='a', comment='c'), Column('j', JSON),
 Column('n', Integer, CheckConstraint('n <> -7')), Column('b', Boolean(create_constraint=True)),
 Column('m', Enum('p', 'q', name='m', native_enum=False, create_constraint=True)),
 Column('t', TIMESTAMP, server_default=text('CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP')),
 Column('o1', ForeignKey('org.id')), Column('o2', ForeignKey('org.id')), Column('s', Text),
 Column('u', String(20), unique=True), Column('g', BigInteger, Computed('n + 2')),
 CheckConstraint("s <> ':x 5%'"), CheckConstraint('n <> -8', name='seven'),
 UniqueConstraint('n', 'u'), Index('ft', 's', mariadb_prefix='FULLTEXT'),
 Index('dx', text('n DESC'), 'u'), comment="it's", mariadb_charset='latin1')
"""
TWO_KEYS = (
    "Table('d', metadata, Column('a', Integer, primary_key=True, autoincrement=True),"
    " Column('b', Integer, primary_key=True))\n"
    "Table('sub', metadata, Column('id', ForeignKey('org.id'), primary_key=True))\n"
)


@pytest.mark.parametrize("made", [CIRCLE, WHOLE, TWO_KEYS], ids=["circle", "whole", "keys"])
@pytest.mark.parametrize("back", [False, True], ids=["created", "dropped"])
def test_tables(place: Place, made: str, back: bool) -> None:
    pair = tables(ORG), tables(ORG + made)
    right(run_pair(place, *(reversed(pair) if back else pair), rows=made is not CIRCLE))


KEYS = {
    "another column": (
        "Column('a', Integer, primary_key=True), Column('b', Integer, nullable=False, unique=True)",
        "Column('a', Integer, nullable=False), Column('b', Integer, primary_key=True)",
    ),
    "a column more": (
        "Column('a', Integer, primary_key=True), Column('b', Integer, nullable=False)",
        "Column('a', Integer, primary_key=True), Column('b', Integer, primary_key=True)",
    ),
    "none": (
        "Column('a', Integer, primary_key=True), Column('b', Integer)",
        "Column('a', Integer, nullable=False), Column('b', Integer)",
    ),
    "numbers made for it": (
        "Column('code', String(10), primary_key=True)",
        "Column('id', Integer, primary_key=True), Column('code', String(10), nullable=False)",
    ),
    "numbers given up": (
        "Column('id', Integer, primary_key=True), Column('b', String(9), nullable=False, unique=True)",
        "Column('b', String(9), primary_key=True)",
    ),
    "counting": (
        "Column('a', Integer, primary_key=True, autoincrement=False)",
        "Column('a', BigInteger, primary_key=True)",
    ),
}


def test_primary_keys(place: Place) -> None:
    old, new = (
        tables("".join(f"Table({n!r}, metadata, {case[side]})\n" for n, case in KEYS.items()))
        for side in (0, 1)
    )
    right(run_pair(place, old, new))


OPTIONS = {
    "comment": ("comment='a'", 'comment="it\'s 5%"'),
    "comment gone": ("comment='a'", ""),
    "engine": ("mariadb_engine='MyISAM'", "mariadb_engine='InnoDB'"),
    "engine Aria": ("", "mariadb_engine='Aria'"),
    "row format": ("mariadb_row_format='COMPACT'", ""),
    "block size": (
        "mariadb_row_format='COMPRESSED', mariadb_key_block_size='8'",
        "mariadb_row_format='COMPRESSED', mariadb_key_block_size='4'",
    ),
    "character set": ("mariadb_charset='utf8mb4'", "mariadb_charset='latin1'"),
    "partitions come": ("", "mariadb_partition_by='HASH(id)', mariadb_partitions='4'"),
    "partitions change": (
        "mariadb_partition_by='HASH(id)', mariadb_partitions='4'",
        "mariadb_partition_by='KEY(id)', mariadb_partitions='2'",
    ),
}


def test_table_options(place: Place) -> None:
    columns = "Column('v', String(50), index=True), Column('w', Text)"
    cases = {
        name: (f"{columns}, {old}", f"{columns}, {new}") for name, (old, new) in OPTIONS.items()
    }
    right(run_pair(place, each_in_a_table(cases, 0), each_in_a_table(cases, 1)))


def test_values_of_an_enum(place: Place) -> None:
    old = f"Column('v', Enum('a', 'b'), nullable=False), Column('t', DateTime, {UPDATED})"
    new = old.replace("'a', 'b'", "'b', 'c'")
    answers = Answers(values={"acct.v": {"a": "b", "b": "c"}})
    text = right(run_pair(place, acct(old), acct(new), answers))
    assert "op.map_values('acct', 'v', {'a': 'b', 'b': 'c'}, keep=['t'])" in text


def test_values_that_a_check_allows(place: Place) -> None:
    old = "Column('v', Enum('a', 'b', name='v', native_enum=False, create_constraint=True))"
    answers = Answers(values={"acct.v": {"a": "longer"}})
    right(run_pair(place, acct(old), acct(old.replace("'a'", "'longer'")), answers))


RENAMES = {
    "what mentions it": (
        "Column('a', Integer, CheckConstraint('a <> -7'), index=True),"
        "Column('g', Integer, Computed('a + 0')), CheckConstraint('a <> -8', name='ck')",
        {"acct.a": "b"},
    ),
    "json": ("Column('a', JSON)", {"acct.a": "b"}),
    "to and fro": ("Column('a', Integer), Column('b', String(9))", {"acct.a": "b", "acct.b": "a"}),
}


@pytest.mark.parametrize("case", RENAMES)
def test_renamed_columns(place: Place, case: str) -> None:
    columns, names = RENAMES[case]
    new = columns.replace("'a", "'_").replace("_acct_a", "acct_b")
    new = new.replace("'b'", "'a'").replace("'_", "'b")
    new = new.replace("index=True", "").replace(
        "CheckConstraint('b <> -8", "Index('ix_acct_a', 'b'), CheckConstraint('b <> -8"
    )
    right(run_pair(place, acct(columns), acct(new), Answers(columns=names)))


def test_renamed_table_with_foreign_keys_of_both_sides(place: Place) -> None:
    old = "Column('o', ForeignKey('org.id')), Column('p', ForeignKey('acct.id'))"
    new = "Column('firm', ForeignKey('org.id')), Column('p', ForeignKey('account.id'))"
    answers = Answers(tables={"acct": "account"}, columns={"acct.o": "firm"})
    right(run_pair(place, acct(old, before=ORG), acct(new, "account", ORG), answers))


def test_name_taken_by_a_column_that_goes(place: Place) -> None:
    old, new = "Column('a', Integer), Column('b', String(9))", "Column('b', Integer)"
    # without rows: those of the column that goes are lost, under the name of one that stays
    answers = Answers(columns={"acct.a": "b"})
    assert "rename_column('acct', 'a', 'b')" in right(
        run_pair(place, acct(old), acct(new), answers, rows=False)
    )


def test_sequences(place: Place) -> None:
    old = "Sequence('s', metadata=metadata)\nSequence('gone', start=7, metadata=metadata)\n"
    new = (
        "Sequence('s', start=5, increment=2, maxvalue=1000, cycle=True, metadata=metadata)\n"
        "Sequence('come', cache=5, metadata=metadata)\n"
    )
    right(run_pair(place, tables(ORG + old), tables(ORG + new)))


def test_row_that_holds_zero_keeps_it(place: Place) -> None:
    """AUTO_INCREMENT switched on would give it the next number."""
    import sqlalchemy as sa
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with place.database() as engine, engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INT PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO t VALUES (0), (5)")
        connection.commit()
        operations = Operations(MigrationContext.configure(connection))
        column = sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=True)
        operations.modify_column("t", column)
        found = connection.exec_driver_sql("SELECT id FROM t ORDER BY id").scalars().all()
        mode = connection.exec_driver_sql("SELECT @@sql_mode").scalar_one()
    assert list(found) == [0, 5]
    assert "NO_AUTO_VALUE_ON_ZERO" not in mode
