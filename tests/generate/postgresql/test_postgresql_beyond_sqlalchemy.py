"""What a database has and an older SQLAlchemy cannot say is written all the same, both ways."""

from __future__ import annotations

import pytest
from on_server import change

from versions import (
    INCLUDE_OF_KEYS,
    NULLS_NOT_DISTINCT,
    ON_DELETE_OF_COLUMNS,
    SQLALCHEMY,
    TABLE_USING,
)

OTHER = "Table('z', metadata, Column('id', Integer, primary_key=True))\n"
PARENT = """
Table('p', metadata, Column('a', Integer, primary_key=True, autoincrement=False),
    Column('b', Integer, primary_key=True, autoincrement=False))
"""
TABLE = """
Table('t', metadata, Column('id', Integer, nullable=False), Column('a', Integer),
    Column('b', Integer))
"""
CASES = {
    "ALTER TABLE t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a)": NULLS_NOT_DISTINCT,
    "CREATE UNIQUE INDEX u ON t (a) NULLS NOT DISTINCT": NULLS_NOT_DISTINCT,
    "ALTER TABLE t ADD CONSTRAINT u FOREIGN KEY (a, b) REFERENCES p ON DELETE SET NULL (b)": (
        ON_DELETE_OF_COLUMNS
    ),
    "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) INCLUDE (b)": INCLUDE_OF_KEYS,
    "ALTER TABLE t ADD CONSTRAINT u PRIMARY KEY (id) INCLUDE (b)": INCLUDE_OF_KEYS,
    "ALTER TABLE t ADD CONSTRAINT u PRIMARY KEY (id) INCLUDE (b), "
    "ADD FOREIGN KEY (a) REFERENCES t": INCLUDE_OF_KEYS,
}


def made_by(sql: str) -> str:
    return f"event.listen(metadata, 'after_create', DDL({sql!r}))\n"


@pytest.mark.parametrize("sql", CASES)
def test_with_its_table(postgresql_server, sql):
    text = change(postgresql_server, OTHER + PARENT + TABLE + made_by(sql), OTHER, rows=False)
    by_its_text = "op.add_constraint('u'," in text or "op.execute('CREATE UNIQUE INDEX u" in text
    assert by_its_text == (CASES[sql] > SQLALCHEMY)


@pytest.mark.parametrize("sql", CASES)
def test_alone(postgresql_server, sql):
    change(postgresql_server, PARENT + TABLE + made_by(sql), PARENT + TABLE, rows=False)


def test_the_access_method_of_a_table(postgresql_server):
    method = made_by("CREATE ACCESS METHOD heap_2 TYPE TABLE HANDLER heap_tableam_handler")
    table = made_by("CREATE TABLE t (id integer) USING heap_2")
    text = change(postgresql_server, OTHER + method + table, OTHER + method, rows=False)
    afterwards = "op.alter_table('t', 'access_method', 'heap_2')"
    assert (afterwards in text) == (SQLALCHEMY < TABLE_USING)
