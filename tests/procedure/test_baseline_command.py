"""A chain that does not start from an empty database, from the refusal to the declared baseline."""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

import forks
from assay.layout import lay_out

ORM = "src/adapters/persistence/orm"

TABLES = """
from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False, index=True),
    MORE
)
pets = Table(
    "pets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", Integer, ForeignKey("people.id"), nullable=False),
)
"""
EMAIL = 'Column("email", String(100)),'
PHONE = 'Column("phone", String(20)),'

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down}
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("people", sa.Column("{column}", sa.String({length})))


def downgrade():
    with op.batch_alter_table("people") as batch:
        batch.drop_column("{column}")
"""


def assay(root: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run a command in the project; its exit code and its JSON document."""
    ran = forks.run("assay", [*arguments, "--json"], root, os.environ)
    document: dict[str, Any] = json.loads(ran.stdout)
    assert document["exit_code"] == ran.returncode, ran.stderr
    return ran.returncode, document


def chain_of_alters(root: Path) -> None:
    """Models with two tables that no revision makes, and two revisions that alter one."""
    (root / ORM / "tables.py").write_text(
        TABLES.replace("MORE", f"{EMAIL}\n    {PHONE}"), encoding="utf-8"
    )
    versions = root / "alembic" / "versions"
    for revision, down, column, length in (
        ("aaaa1111", None, "email", 100),
        ("bbbb2222", "aaaa1111", "phone", 20),
    ):
        (versions / f"{revision}.py").write_text(
            REVISION.format(revision=revision, down=repr(down), column=column, length=length),
            encoding="utf-8",
        )


def application_tables(more: str) -> Any:
    """The metadata as the application had it when it made its database."""
    space: dict[str, Any] = {}
    exec(TABLES.replace("MORE", more), space)
    return space["metadata"]


def declare(root: Path, **values: str) -> None:
    """Put the table into ``pyproject.toml``."""
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[tool.assay.baseline]\n{lines}")


def make(url: str, more: str = "", stamp: str | None = None, extra: tuple[str, ...] = ()) -> None:
    """The application's database: ``create_all``, and a stamp where it has one."""
    engine = create_engine(url)
    with engine.begin() as connection:
        application_tables(more).create_all(connection)
        if stamp is not None:
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
            connection.execute(text(f"INSERT INTO alembic_version VALUES ('{stamp}')"))
        for statement in extra:
            connection.exec_driver_sql(statement)
    engine.dispose()


Database = Callable[[], str]


@pytest.fixture
def postgresql(postgresql_server: str) -> Iterator[Database]:
    """Makes empty PostgreSQL databases."""
    made: list[str] = []
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")

    def new() -> str:
        made.append(f"assay_test_{uuid.uuid4().hex[:12]}")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {made[-1]}"))
        url = make_url(postgresql_server).set(database=made[-1])
        return url.render_as_string(hide_password=False)

    yield new
    with admin.connect() as connection:
        for name in made:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Makes empty databases of each engine."""
    if request.param == "postgresql":
        found: Database = request.getfixturevalue("postgresql")
        return found

    def new() -> str:
        return f"sqlite:///{tmp_path / uuid.uuid4().hex}.db"

    return new


def project(root: Path, url: str) -> Path:
    """A project whose chain begins with an ALTER."""
    lay_out(root, url=url)
    chain_of_alters(root)
    return root


def test_from_the_refusal_to_the_proof(tmp_path: Path, database: Database) -> None:
    root = project(tmp_path / "shop", database())
    source = database()
    make(source)

    code, document = assay(root, "check")
    assert code == 1
    assert "does not start from an empty database" in document["summary"]
    assert "assay baseline" in document["next_step"]

    code, document = assay(root, "baseline", "base", "--from", source)
    assert code == 0, document
    assert document["baseline"] == {"revision": "base", "sql": "alembic/baseline.sql"}
    assert "pyproject.toml" in document["next_step"]
    assert "alembic_version" not in (root / "alembic" / "baseline.sql").read_text(encoding="utf-8")

    declare(root, **document["baseline"])
    code, document = assay(root, "check")
    assert code == 0, document
    code, document = assay(root, "prove", "--all")
    assert code == 0, document
    assert len(document["revisions"]) == 2


def test_at_a_middle_revision(tmp_path: Path, database: Database) -> None:
    source = database()
    root = project(tmp_path / "shop", source)
    make(source, EMAIL, stamp="aaaa1111")

    code, document = assay(root, "baseline", "base")
    assert code == 1
    assert "aaaa1111" in document["summary"]
    assert "base" in document["summary"]
    assert not (root / "alembic" / "baseline.sql").exists()

    # its own database, and a part of the id
    code, document = assay(root, "baseline", "aaaa", "--output", "start/here.sql")
    assert code == 0, document
    assert document["baseline"] == {"revision": "aaaa1111", "sql": "start/here.sql"}
    declare(root, **document["baseline"])
    assert assay(root, "check")[0] == 0
    code, document = assay(root, "prove", "--all")
    assert code == 0, document
    assert [one["revision"] for one in document["revisions"]] == ["bbbb2222"]
    code, document = assay(root, "baseline", "aaaa1111", "--output", "start/here.sql")
    assert code == 0
    assert document["written"] is False
    assert "check" in document["next_step"]


def test_with_create_all_of_a_metadata(tmp_path: Path, database: Database) -> None:
    root = project(tmp_path / "shop", database())
    (root / "src" / "first.py").write_text(TABLES.replace("MORE", ""), encoding="utf-8")
    declare(root, revision="base", create_all="src.first:metadata")
    assert assay(root, "check")[0] == 0
    code, document = assay(root, "prove", "--all")
    assert code == 0, document
    assert len(document["revisions"]) == 2


def test_a_declared_baseline_that_is_too_little(tmp_path: Path, database: Database) -> None:
    root = project(tmp_path / "shop", database())
    (root / "alembic" / "baseline.sql").write_text("CREATE VIEW v AS SELECT 1 AS x;\n")
    declare(root, revision="base", sql="alembic/baseline.sql")
    code, document = assay(root, "check")
    assert code == 1
    assert "tool.assay.baseline" in document["next_step"]


def test_a_file_that_is_there_is_kept(tmp_path: Path, database: Database) -> None:
    source = database()
    root = project(tmp_path / "shop", source)
    make(source)
    path = root / "alembic" / "baseline.sql"
    path.write_text("-- by hand\n", encoding="utf-8")
    code, document = assay(root, "baseline", "base")
    assert code == 2
    assert "--force" in document["next_step"]
    assert path.read_text(encoding="utf-8") == "-- by hand\n"
    assert assay(root, "baseline", "base", "--force")[0] == 0
    assert "CREATE TABLE" in path.read_text(encoding="utf-8")
    assert sorted(p.name for p in path.parent.iterdir() if p.name.startswith(".baseline")) == []


def test_a_named_database(tmp_path: Path, database: Database) -> None:
    root = project(tmp_path / "shop", database())
    source = database()
    make(source)
    with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[tool.assay.databases]\nstaging = {json.dumps(source)}\n")
    code, document = assay(root, "baseline", "base", "--from", "staging")
    assert code == 0, document
    code, document = assay(root, "baseline", "base", "--from", "stagin")
    assert code == 2
    assert "staging" in document["next_step"]


def test_an_empty_database_is_no_beginning(tmp_path: Path, postgresql: Database) -> None:
    root = project(tmp_path / "shop", postgresql())
    code, document = assay(root, "baseline", "base")
    assert code == 1
    assert "empty" in document["summary"]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    root = project(tmp_path / "shop", "sqlite:///dev.db")
    assert assay(root, "baseline", "base")[0] == 2
    assert assay(root, "baseline", "base", "--from", "sqlite:///gone.db")[0] == 2
    assert not (root / "dev.db").exists()
    assert not (root / "gone.db").exists()


def test_an_unknown_revision(tmp_path: Path) -> None:
    root = project(tmp_path / "shop", "sqlite:///dev.db")
    code, document = assay(root, "baseline", "zzzz")
    assert code == 2
    assert "zzzz" in document["summary"]


def test_another_engine(tmp_path: Path) -> None:
    root = project(tmp_path / "shop", "sqlite:///dev.db")
    url = "postgresql://somebody:top-secret@127.0.0.1:1/x"
    code, document = assay(root, "baseline", "base", "--from", url)
    assert code == 2
    assert "top-secret" not in json.dumps(document)


def test_everything_that_sqlite_can_hold(tmp_path: Path) -> None:
    source = f"sqlite:///{tmp_path / 'made.db'}"
    root = project(tmp_path / "shop", "sqlite:///dev.db")
    make(
        source,
        extra=(
            "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT) -- ends so",
            "INSERT INTO counted (note) VALUES ('a row')",
            "CREATE TABLE [odd name] (\"a;b\" TEXT DEFAULT 'x;''y--z', c INTEGER CHECK (c > 1))",
            "CREATE VIEW owners AS SELECT p.name FROM people p -- a comment; with a semicolon\n"
            "JOIN pets ON pets.owner = p.id",
            "CREATE INDEX ix_expression ON people (lower(name)) WHERE name <> ';'",
            "CREATE TRIGGER guard AFTER UPDATE ON people WHEN CASE WHEN new.id > 1 THEN 1 ELSE 0 "
            "END BEGIN UPDATE counted SET note = CASE WHEN id = 1 THEN 'a;b' ELSE note END; "
            "DELETE FROM pets WHERE owner = old.id; END",
            "CREATE VIRTUAL TABLE searched USING fts5(body)",
        ),
    )
    before = (tmp_path / "made.db").read_bytes()
    code, document = assay(root, "baseline", "base", "--from", source)
    assert code == 0, document
    assert (tmp_path / "made.db").read_bytes() == before
    text_ = (root / "alembic" / "baseline.sql").read_text(encoding="utf-8")
    assert "searched_data" not in text_
    assert "a row" not in text_
    # by SQLite itself as well
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(text_)
        kinds = made.execute("SELECT type, count(*) FROM sqlite_master GROUP BY type").fetchall()
    with closing(sqlite3.connect(tmp_path / "made.db")) as original:
        assert (
            kinds
            == original.execute("SELECT type, count(*) FROM sqlite_master GROUP BY type").fetchall()
        )


def test_everything_that_postgresql_can_hold(tmp_path: Path, postgresql: Database) -> None:
    source = postgresql()
    root = project(tmp_path / "shop", postgresql())
    make(
        source,
        stamp="aaaa1111",
        more=EMAIL,
        extra=(
            "CREATE SCHEMA side",
            "CREATE TYPE mood AS ENUM ('sad;', 'it''s ok')",
            "CREATE TABLE side.alembic_version (kept integer)",
            "CREATE TABLE side.odd (m mood DEFAULT 'sad;', a text[] DEFAULT ARRAY['x]', ';'],"
            " b text DEFAULT 'C:\\', \"back`tick\" int GENERATED ALWAYS AS IDENTITY)",
            "CREATE FUNCTION side.twice(n integer) RETURNS integer LANGUAGE plpgsql AS "
            "$body$ BEGIN -- it's; here\n RETURN n * 2; END $body$",
            "CREATE FUNCTION side.plain(n integer) RETURNS integer LANGUAGE sql "
            "BEGIN ATOMIC SELECT CASE WHEN n > 1 THEN 2 ELSE 3 END; SELECT n + 1; END",
            "CREATE FUNCTION side.noted() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NEW; END $$",
            "CREATE TRIGGER noted BEFORE UPDATE ON people FOR EACH ROW "
            "EXECUTE FUNCTION side.noted()",
            "CREATE VIEW owners AS SELECT name FROM people WHERE name <> ';'",
            "CREATE RULE two AS ON DELETE TO owners DO INSTEAD "
            "(DELETE FROM pets; DELETE FROM people;)",
            "COMMENT ON TABLE people IS 'those; who -- ask, it''s said\n\\connect nowhere'",
            "CREATE TABLE split (at date NOT NULL) PARTITION BY RANGE (at)",
            "CREATE TABLE split_new PARTITION OF split FOR VALUES FROM ('2026-01-01') TO "
            "(MAXVALUE)",
        ),
    )
    code, document = assay(root, "baseline", "aaaa1111", "--from", source)
    assert code == 0, document["steps"]
    dumped = (root / "alembic" / "baseline.sql").read_text(encoding="utf-8")
    assert "public.alembic_version" not in dumped
    assert "side.alembic_version" in dumped
    assert "COPY" not in dumped
    assert "OWNER TO" not in dumped
    # the following revision finds its tables by the search_path that pg_dump had emptied
    declare(root, **document["baseline"])
    code, document = assay(root, "prove", "bbbb2222")
    reversal = [step for step in document["steps"] if step["name"] == "reverse"]
    assert [step["status"] for step in reversal] == ["passed"], document
