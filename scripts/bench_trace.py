"""What tracing costs: a revision run by Alembic, and the same revision traced, side by side.

    python scripts/bench_trace.py [--tables 30,300,1000] [--repeats 7] [--databases …] [--write]

Makes a project whose first revision makes that many tables (eight columns, an index, every third a
foreign key) and whose second is a usual change: columns, an index, a foreign key, a check, NOT NULL,
an UPDATE, a column dropped. The second is run up and down on copies of one shadow that stands before
it, in one process, in turn: plainly by Alembic, traced, and traced with rows made first. ``env.py``
runs once in each. Seconds differ from machine to machine; what the runs of one turn are to each other
counts. The
servers are private ones, started for the run, or those that are named.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "bench-trace.md"
LIMIT, AT = 3.0, 300
"""With that many tables a traced revision takes at most so many times the plain run."""
ROWS, FILLED_TO = 3, 30
"""Rows made in each table, with at most so many tables: making them takes longer than the rest."""
MOST = {"mysql": 300}
"""Tables at most: copying more of them takes longer than the rest there."""
URLS = {
    "postgresql": "postgresql+psycopg://nobody@nowhere.invalid/never",
    "mysql": "mysql+pymysql://nobody@nowhere.invalid/never",
    "sqlite": "sqlite:///never.db",
}
"""What the projects say; no run reaches it."""
PLAIN, TRACED = "plain", "traced"
PLAIN_FILLED, TRACED_FILLED = "plain, rows made", "traced, rows made"
BASE = {TRACED: PLAIN, TRACED_FILLED: PLAIN_FILLED}
"""What a kind of run is measured against."""

_ENV = """\
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
"""

_INI = """\
[alembic]
script_location = %(here)s/alembic
path_separator = os
sqlalchemy.url = URL
"""

_HEAD = """\
import sqlalchemy as sa
from alembic import op

revision = "{own}"
down_revision = {before}
branch_labels = None
depends_on = None

"""

_TABLES = """
def upgrade():
    for number in range(1, {tables} + 1):
        name = f"table_{{number:04d}}"
        key = []
        if number % 3 == 0:
            key = [sa.ForeignKeyConstraint(["parent_id"], [f"table_{{number - 1:04d}}.id"],
                name=f"fk_{{name}}")]
        op.create_table(
            name,
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("parent_id", sa.Integer()),
            sa.Column("name", sa.String(80), nullable=False),
            sa.Column("code", sa.String(20)),
            sa.Column("note", sa.Text()),
            sa.Column("amount", sa.Numeric(10, 2), server_default=sa.text("0")),
            sa.Column("made", sa.DateTime()),
            sa.Column("open", sa.Boolean(), nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{{name}}"),
            *key,
            comment={comment},
        )
        op.create_index(f"ix_{{name}}_code", name, ["code"])


def downgrade():
    raise NotImplementedError
"""

_CHANGE = """
A, B, C = "table_0002", "table_0004", "table_0005"


def upgrade():
    with op.batch_alter_table(A) as batch:
        batch.add_column(sa.Column("other_id", sa.Integer()))
        batch.add_column(sa.Column("label", sa.String(100)))
    op.execute(f"UPDATE {A} SET label = name")
    with op.batch_alter_table(A) as batch:
        batch.alter_column("label", existing_type=sa.String(100), nullable=False)
        batch.create_foreign_key("fk_other", B, ["other_id"], ["id"])
        batch.create_check_constraint("ck_amount", "amount >= 0")
    op.create_index("ix_label", A, ["label"])
    with op.batch_alter_table(C) as batch:
        batch.drop_column("note")
        batch.add_column(sa.Column("state", sa.String(10), server_default="new", nullable=False))
    op.create_index("ix_state", C, ["state"])


def downgrade():
    op.drop_index("ix_state", table_name=C)
    with op.batch_alter_table(C) as batch:
        batch.drop_column("state")
        batch.add_column(sa.Column("note", sa.Text()))
    op.drop_index("ix_label", table_name=A)
    with op.batch_alter_table(A) as batch:
        batch.drop_constraint("ck_amount", type_="check")
        batch.drop_constraint("fk_other", type_="foreignkey")
        batch.drop_column("label")
        batch.drop_column("other_id")
"""


_MAKING = """
def upgrade():
    op.create_table("made", sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("state", sa.Enum("on", "off", name="made_state")))
    op.alter_column("table_0002", "code", new_column_name="number")
    op.execute("CREATE VIEW shown AS SELECT id, name FROM table_0004")
    op.alter_column("table_0005", "amount", type_=sa.Numeric(12, 2))


def downgrade():
    op.alter_column("table_0005", "amount", type_=sa.Numeric(10, 2))
    op.execute("DROP VIEW shown")
    op.alter_column("table_0002", "number", new_column_name="code")
    op.drop_table("made")
    op.execute("DROP TYPE made_state")
"""
_ROUTINES = """
def upgrade():
    op.execute("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.made := now(); RETURN NEW; END $$")
    op.execute("CREATE TRIGGER touched BEFORE UPDATE ON table_0002 FOR EACH ROW"
        " EXECUTE FUNCTION touch()")
    op.create_table("log",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("table_id", sa.Integer(), sa.ForeignKey("table_0002.id", name="fk_log"), index=True))
    op.add_column("table_0004", sa.Column("seen", sa.DateTime()))
    op.create_index("ix_seen", "table_0004", ["seen"])


def downgrade():
    op.drop_index("ix_seen", table_name="table_0004")
    op.drop_column("table_0004", "seen")
    op.drop_table("log")
    op.execute("DROP TRIGGER touched ON table_0002")
    op.execute("DROP FUNCTION touch()")
"""
_ONLINE = """
import assay.operations


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index_online("ix_code", "table_0002", ["code", "name"])
        op.create_foreign_key_online("fk_parent", "table_0002", "table_0004", ["parent_id"], ["id"])
        op.create_check_constraint_online("ck_amount", "table_0005", "amount >= 0")


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_constraint_online("ck_amount", "table_0005", type_="check")
        op.drop_constraint_online("fk_parent", "table_0002", type_="foreignkey")
        op.drop_index_online("ix_code", "table_0002")
"""
COMMENTED = "tables with comments"
MAKING = "tables, types and views made"
ROUTINES = "functions, triggers and identity columns made"
ONLINE = "an index, a foreign key and a check made online"
_BODIES = {MAKING: _MAKING, ROUTINES: _ROUTINES, ONLINE: _ONLINE}
VARIANTS = (COMMENTED, MAKING, ROUTINES, ONLINE)
"""Further projects on PostgreSQL: tables have comments, and a new column; or other things are made, and
of tables one is renamed and another rewritten; or the forms of a table in use are taken."""


def _changes(variant: str) -> str:
    """The two functions of the revision that is measured."""
    if variant == COMMENTED:
        return _CHANGE.replace("sa.String(100)))", 'sa.String(100), comment="for people"))', 1)
    return _BODIES.get(variant, _CHANGE)


def make_project(folder: Path, tables: int, url: str, variant: str = "") -> None:
    """A project of two revisions: all the tables, and the change that is measured.

    :param variant: one of :data:`VARIANTS`, or none.
    """
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(_INI.replace("URL", url))
    (folder / "alembic" / "env.py").write_text(_ENV)
    (folder / "pyproject.toml").write_text('[tool.assay]\nconfig = "alembic.ini"\n')
    for own, before, body in (
        (
            "tables",
            "None",
            _TABLES.replace("{tables}", str(tables))
            .replace("{comment}", '"what it is for"' if variant == COMMENTED else "None")
            .replace("{{", "{")
            .replace("}}", "}"),
        ),
        ("change", '"tables"', _changes(variant)),
    ):
        text = _HEAD.format(own=own, before=before) + body
        (versions / f"{own}.py").write_text(text)


@dataclass
class Measured:
    """Seconds of several runs of each kind, and what one trace saw."""

    database: str
    tables: int
    variant: str = ""
    server: str = ""
    statements: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As the page calls it."""
        return f"{self.database}, {self.variant}" if self.variant else self.database

    def median(self, kind: str) -> float:
        """Seconds."""
        return statistics.median(self.seconds[kind])

    def ratios(self, kind: str) -> list[float]:
        """How many times the plain run of the same turn, for each turn."""
        pairs = zip(self.seconds[kind], self.seconds[BASE[kind]], strict=True)
        return [taken / plain for taken, plain in pairs]

    def ratio(self, kind: str) -> float:
        """The median of :meth:`ratios`."""
        return statistics.median(self.ratios(kind))

    def each(self, kind: str) -> float:
        """Milliseconds a statement over the plain run."""
        return (self.median(kind) - self.median(BASE[kind])) * 1000 / self.statements


def run_plainly(session: Any, revision: Any, fill: Any, at: Any) -> None:
    """Both functions of the revision, each in the transaction that Alembic gives it."""
    from assay.project.compat.alembic import end_external_transaction, migration_transaction
    from assay.shadow.reading import connection_of

    def work(_heads: tuple[str, ...], context: Any) -> list[Any]:
        end_external_transaction(context)
        if fill is not None:
            fill(context)
            connection_of(context).commit()
        for direction in ("upgrade", "downgrade"):
            with migration_transaction(context):
                getattr(revision.module, direction)(**context.opts["assay_run"].run_arguments)
        return []

    session.project.run(work, to=at, per_migration=True, dont_mutate=True)


def measure(folder: Path, database: str, tables: int, repeats: int, variant: str = "") -> Measured:
    """All kinds of run in turn; the first turn compiles what is compiled once and is not counted."""
    from assay.config import load_settings
    from assay.procedure.session import open_session
    from assay.procedure.tracing import rows_made
    from assay.trace.run import trace_revision

    measured = Measured(database, tables, variant)
    settings = load_settings(folder)
    with open_session(settings) as session:
        project = session.project
        revision = project.history.get("change")
        standing = session.before(revision)
        measured.server = session.shadows.server(database).description

        def traced(at: Any, fill: Any = None) -> Any:
            trace = trace_revision(project, at, revision, fill, session.state_before(standing))
            for one in (trace, trace.downgrade):
                for operation in one.operations(lambda _line: None) if one else ():
                    assert operation.differences or not operation.statements[0].changed_catalog
            return trace

        def check(trace: Any) -> None:
            if trace.failure or trace.downgrade is None or trace.downgrade.failure:
                raise SystemExit(f"{database}: the revision fails: {trace.failure}")
            if len(trace.differences) < 3 or trace.downgrade.after != trace.before:
                raise SystemExit(f"{database}: the trace is not what the revision does")
            measured.statements = len(trace.statements) + len(trace.downgrade.statements)

        fill = partial(rows_made, per_table=ROWS)
        kinds: dict[str, Callable[[Any], Any]] = {
            PLAIN: partial(run_plainly, session, revision, None),
            TRACED: traced,
            PLAIN_FILLED: partial(run_plainly, session, revision, fill),
            TRACED_FILLED: partial(traced, fill=fill),
        }
        if tables > FILLED_TO:
            del kinds[PLAIN_FILLED], kinds[TRACED_FILLED]
        for turn in range(repeats + 1):
            for kind, run in kinds.items():
                at = session.copy(standing)
                began = time.perf_counter()
                trace = run(at)
                seconds = time.perf_counter() - began
                if trace is not None:
                    check(trace)
                session.shadows.drop(at)
                if turn:
                    measured.seconds.setdefault(kind, []).append(seconds)
    for kind in BASE.keys() & kinds.keys():
        print(
            f"  {measured.name} {tables}: {kind} {measured.median(kind) * 1000:.0f} ms,"
            f" {measured.ratio(kind):.2f} times, {measured.each(kind):.1f} ms a statement over it",
            flush=True,
        )
    return measured


def table(results: list[Measured]) -> list[str]:
    """The results as lines of a Markdown table."""
    lines = [
        "| database | tables | run | milliseconds, median | from – to | times the plain run,"
        " median | from – to | ms a statement over it |",
        "| --- | ---: | --- | ---: | --- | ---: | --- | ---: |",
    ]
    for measured in results:
        for kind, seconds in measured.seconds.items():
            line = (
                f"| {measured.name} | {measured.tables} | {kind} |"
                f" {measured.median(kind) * 1000:.0f} |"
                f" {min(seconds) * 1000:.0f} – {max(seconds) * 1000:.0f} |"
            )
            if kind not in BASE:
                lines.append(f"{line} 1 | | |")
                continue
            ratios = measured.ratios(kind)
            lines.append(
                f"{line} {measured.ratio(kind):.2f} | {min(ratios):.2f} – {max(ratios):.2f} |"
                f" {measured.each(kind):.1f} |"
            )
    return lines


def page(results: list[Measured], turns: int, load: str) -> str:
    """The page of results."""
    names = ("assay", "alembic", "SQLAlchemy", "psycopg", "PyMySQL")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    statements = {m.name: m.statements for m in results}
    counted = "; ".join(f"{count} on {name}" for name, count in statements.items())
    said = [f"{m.ratio(TRACED):.2f} on {m.name}" for m in results if m.tables == AT]
    ratio = "; ".join(said) or "not measured"
    return f"""# What tracing costs

Made by `python scripts/bench_trace.py --write` (`make bench-trace`) on {date.today().isoformat()}.
Milliseconds differ from machine to machine; what the runs of one turn are to each other counts.

- Machine: {os.cpu_count()} processors ({platform.machine()}), {platform.system()}; load before and after the
  run {load}. Python {platform.python_version()}.
- Servers: {"; ".join(dict.fromkeys(m.server for m in results))}.
- Versions: {versions}.

A project whose chain makes that many tables (eight columns, an index, every third a foreign key), and
one revision of a usual kind on three of them: columns, an UPDATE, NOT NULL, a foreign key, a check,
indexes, a column dropped. Statements with its downgrade: {counted}. On copies of one
shadow, in one process, {turns} turns:

- plain: `upgrade()` and `downgrade()` in the transactions that Alembic gives them.
- traced: the same, each statement with its place, its locks, rewrites, scans and rows, and each
  operation with its catalog difference. The catalog before and after is in it.
- rows made: both after {ROWS} rows were made in every table, which is in both.

`env.py` runs once in each, and each commits what it does in both directions. What only the trace needs
is in the traced run alone: the questions after each statement, and reading the catalog at the end.

{chr(10).join(table(results))}

The aim is at most {LIMIT:.0f} times the plain run with {AT} tables.
Here: {ratio}.
Milliseconds a statement hold what is asked once a revision as well. On PostgreSQL one question is asked
after a statement: what it changed of columns, keys, checks and indexes of some tables comes rendered in
it, new tables too. One more is asked where a view, a sequence, an enum or a comment was made or
changed, and one for what may tell of another name. Partitions, policies and what else there is
take two longer ones, which a session that has just begun has to plan. Outside of a transaction
(`CONCURRENTLY`) a second connection has to be opened, and to hold every table. Once a revision the
relations are asked that there are; all fences at the end only where what wrote the catalog was no plain
DDL. These three grow with the catalog. On MariaDB the counters of the session are asked, and of what the
statement touched the text, and the part of it that the text says is another; at the beginning only what
a copy may have otherwise than its source (here nothing), and at the end, where it is not sure that
nobody else wrote, the server adds up all rows of the catalog. On SQLite the schema table is read where
its cookie moved. That grows as well.
Where the load is above the number of processors, the ranges are wide.
"""


def main() -> int:
    """Measure, print, write; 1 when the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tables", default="30,300,1000", help="sizes of the catalog")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--databases", default="postgresql,mysql,sqlite")
    parser.add_argument("--postgresql", help="SQLAlchemy URL of a server to use")
    parser.add_argument("--mysql", help="the same")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    chosen = parser.parse_args()
    load = f"{os.getloadavg()[0]:.1f}"
    results: list[Measured] = []
    for database, url in (("postgresql", chosen.postgresql), ("mysql", chosen.mysql)):
        if url:
            os.environ[f"ASSAY_SHADOW_{database.upper()}"] = url
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as place:
        for database in chosen.databases.split(","):
            for tables in map(int, chosen.tables.split(",")):
                if tables > MOST.get(database, tables):
                    continue
                folder = Path(place) / f"{database}{tables}"
                make_project(folder, tables, URLS[database])
                results.append(measure(folder, database, tables, chosen.repeats))
            if database == "postgresql" and str(AT) in chosen.tables.split(","):
                for variant in VARIANTS:
                    folder = Path(place) / variant.replace(" ", "-")
                    make_project(folder, AT, URLS[database], variant)
                    results.append(measure(folder, database, AT, chosen.repeats, variant))
    print("\n".join(table(results)))
    if chosen.write:
        load += f" and {os.getloadavg()[0]:.1f}"
        PAGE.write_text(page(results, chosen.repeats, load))
        print(f"written: {PAGE.relative_to(ROOT)}")
    slow = [m for m in results if m.tables == AT and m.ratio(TRACED) > LIMIT]
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
