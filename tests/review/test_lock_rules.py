"""Each lock rule on a real trace: the bad form is found, the good one is not."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from assay.dialects import Address, load
from assay.project.compat import migration_transaction
from assay.project.project import execute_on, query_on
from assay.review.engine import review
from assay.trace.effects import Trace
from assay.trace.recorder import recording

SCHEMA = {
    "postgresql": (
        "CREATE TABLE u (id serial PRIMARY KEY, n text)",
        "CREATE TABLE t (id serial PRIMARY KEY, u_id int, a int, b varchar(50) CHECK (b <> ''),"
        " CONSTRAINT fk FOREIGN KEY (u_id) REFERENCES u)",
        "CREATE INDEX ib ON t (b)",
        "CREATE UNIQUE INDEX ready ON t (a)",
        "INSERT INTO u SELECT i, i::text FROM generate_series(1, 20) i",
        "INSERT INTO t SELECT i, i, i, 'x' FROM generate_series(1, 20) i",
    ),
    "mysql": (
        "CREATE TABLE u (id INT PRIMARY KEY, n TEXT)",
        "CREATE TABLE t (id INT PRIMARY KEY, u_id INT, a INT, b VARCHAR(50))",
        "INSERT INTO u VALUES (1, 'x')",
        "INSERT INTO t VALUES (1, 1, 1, 'x')",
    ),
}
AUTOCOMMIT = "with op.get_context().autocommit_block():\n        "

CASES: list[tuple[str, str, str, str]] = [
    (
        "postgresql",
        "locks/index-blocks-writes",
        "op.create_index('ix', 't', ['a'])",
        AUTOCOMMIT + "op.create_index('ix', 't', ['a'], postgresql_concurrently=True)",
    ),
    (
        "postgresql",
        "locks/index-drop-blocks",
        "op.drop_index('ib', 't')",
        AUTOCOMMIT + "op.drop_index('ib', 't', postgresql_concurrently=True)",
    ),
    (
        "postgresql",
        "locks/key-blocks",
        "op.create_unique_constraint('uq', 't', ['a'])",
        "op.execute('ALTER TABLE t ADD CONSTRAINT uq UNIQUE USING INDEX ready')",
    ),
    (
        "postgresql",
        "locks/foreign-key-blocks-writes",
        "op.create_foreign_key('fk2', 't', 'u', ['a'], ['id'])",
        "op.create_foreign_key('fk2', 't', 'u', ['a'], ['id'], postgresql_not_valid=True)",
    ),
    (
        "postgresql",
        "locks/check-blocks",
        "op.execute('ALTER TABLE t ADD COLUMN z int DEFAULT 5 CHECK (z > 0)')",
        "op.add_column('t', sa.Column('z', sa.Integer(), server_default='5'))",
    ),
    (
        "postgresql",
        "locks/not-null-blocks",
        "op.alter_column('t', 'a', nullable=False)",
        "op.execute('ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID')\n"
        "    op.execute('COMMIT')\n"
        "    op.execute('ALTER TABLE t VALIDATE CONSTRAINT c')\n"
        "    op.execute('COMMIT')\n"
        "    op.alter_column('t', 'a', nullable=False)",
    ),
    (
        "postgresql",
        "locks/rewrite",
        "op.add_column('t', sa.Column('q', sa.Uuid(), server_default=sa.text('gen_random_uuid()')))",
        "op.add_column('t', sa.Column('q', sa.DateTime(), server_default=sa.text('now()')))",
    ),
    (
        "postgresql",
        "locks/rewrite",
        "op.execute('DO $$ BEGIN ALTER TABLE t ALTER a TYPE bigint; END $$')",
        "op.execute('DO $$ BEGIN UPDATE t SET a = 1 WHERE id = 1; END $$')",
    ),
    (
        "postgresql",
        "locks/locks-another-table",
        "op.drop_table('t')",
        "op.drop_constraint('t_b_check', 't')",
    ),
    (
        "postgresql",
        "locks/work-under-lock",
        "op.add_column('t', sa.Column('z', sa.Integer()))\n    op.create_index('ix', 't', ['a'])",
        "op.add_column('t', sa.Column('z', sa.Integer()))",
    ),
    (
        "postgresql",
        "locks/scan-blocks",
        "op.alter_column('t', 'b', type_=sa.String(100))",
        "op.execute('ALTER TABLE u ALTER n TYPE varchar')",
    ),
    ("postgresql", "data/emptied", "op.execute('TRUNCATE t')", "op.execute('DELETE FROM t')"),
    (
        "mysql",
        "locks/index-blocks-writes",
        "op.create_index('ix', 't', ['b'], mysql_prefix='FULLTEXT')",
        "op.create_index('ix', 't', ['b'])",
    ),
    (
        "mysql",
        "locks/foreign-key-blocks-writes",
        "op.create_foreign_key('fk2', 't', 'u', ['u_id'], ['id'])",
        "op.create_index('ix', 't', ['u_id'])",
    ),
    (
        "mysql",
        "locks/check-blocks",
        "op.create_check_constraint('c', 't', 'a > 0')",
        "op.add_column('t', sa.Column('z', sa.Integer()))",
    ),
    (
        "mysql",
        "locks/rewrite",
        "op.execute('ALTER TABLE t MODIFY a BIGINT')",
        "op.execute('ALTER TABLE t MODIFY b VARCHAR(60)')",
    ),
    (
        "mysql",
        "data/emptied",
        "op.execute('TRUNCATE TABLE t')",
        "op.execute('DELETE FROM t WHERE id = 9')",
    ),
]


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    name: str = request.param
    fixture = "postgresql_server" if name == "postgresql" else "mariadb_server"
    url = sa.make_url(request.getfixturevalue(fixture))
    made = f"assay_test_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {made}")
        try:
            engine = sa.create_engine(url.set(database=made), poolclass=sa.NullPool)
            with engine.begin() as filling:
                for sql in SCHEMA[name]:
                    filling.exec_driver_sql(sql)
            yield engine
        finally:
            force = " WITH (FORCE)" if name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP DATABASE {made}{force}")


def found(engine: sa.Engine, body: str, folder: Path) -> dict[str, str]:
    """The findings on a revision of that body, rule to message."""
    file = folder / "revision.py"
    file.write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\n\n\ndef upgrade():\n    {body}\n"
    )
    space: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), space)
    url = engine.url
    dialect = load(engine.dialect.name)
    at = Address(dialect.name, str(url.database), url.host, url.port, url.username, url.password)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        query = query_on(connection)
        before = dialect.read_catalog(query)
        observer = dialect.observer(query, execute_on(connection), at)
        connection.connection.rollback()
        with (
            Operations.context(context),
            migration_transaction(context),
            recording(connection, str(file), dialect, before, observer) as recorder,
        ):
            space["upgrade"]()
        after = dialect.read_catalog(query).snapshot
        connection.rollback()
    statements = tuple(recorder.statements)
    trace = Trace("r", "upgrade", str(file), statements, before.snapshot, after)
    return {f.rule: f.message for f in review(trace, None).findings}


BAD = [(engine, rule, bad) for engine, rule, bad, _ in CASES]
GOOD = [(engine, rule, good) for engine, rule, _, good in CASES]
IDS = [f"{engine}-{rule}-{number}" for number, (engine, rule, _, _) in enumerate(CASES)]


@pytest.mark.parametrize(("database", "rule", "body"), BAD, ids=IDS, indirect=["database"])
def test_the_bad_form_is_found(database: sa.Engine, rule: str, body: str, tmp_path: Path) -> None:
    assert rule in found(database, body, tmp_path)


@pytest.mark.parametrize(("database", "rule", "body"), GOOD, ids=IDS, indirect=["database"])
def test_the_good_form_is_not(database: sa.Engine, rule: str, body: str, tmp_path: Path) -> None:
    assert rule not in found(database, body, tmp_path)
