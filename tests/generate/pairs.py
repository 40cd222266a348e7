"""Two schemas on a real server: generated, upgraded, compared, downgraded, upgraded again, rows kept."""

from __future__ import annotations

import sys
import types
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops

from assay.catalog import Snapshot, compare
from assay.dialects import load
from assay.generate.answers import Answers
from assay.generate.plan.comparison import Request
from assay.generate.plan.step import in_order
from assay.generate.plugin import NAME, REQUEST, register
from assay.generate.renames import default_schema_of
from assay.generate.render import exact_expressions, rendering_of
from assay.generate.slots import backfill_body
from assay.project.compat.alembic import render_operations
from assay.project.project import query_on
from assay.prove.rows import make_rows

PRELUDE = """
from sqlalchemy import *
from sqlalchemy import event
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, declared_attr
import datetime, decimal, uuid
"""


_SERVERS_OWN = ("information_schema", "public")


@dataclass
class Outcome:
    """What a pair came to; :attr:`problems` is empty when all is right."""

    text: str = ""
    problems: list[str] = field(default_factory=list)


def models(source: str) -> sa.MetaData:
    """The ``metadata`` of a module's source, as the module ``tables``."""
    module = types.ModuleType("tables")
    sys.modules["tables"] = module
    exec(compile(PRELUDE + source, "tables.py", "exec"), module.__dict__)
    found: sa.MetaData = module.metadata
    return found


class Place:
    """Where databases are made: a server's URL, or a folder for SQLite."""

    def __init__(self, server: str | Path) -> None:
        self.server = server

    @property
    def name(self) -> str:
        """The engine: ``sqlite``, ``postgresql`` or ``mysql``."""
        return (
            "sqlite"
            if isinstance(self.server, Path)
            else sa.make_url(self.server).get_backend_name()
        )

    @contextmanager
    def database(self, **engine: Any) -> Iterator[sa.Engine]:
        """A new empty database."""
        name = f"assay_pair_{uuid.uuid4().hex[:10]}"
        if isinstance(self.server, Path):
            made = sa.create_engine(
                f"sqlite:///{self.server / name}.db", poolclass=sa.NullPool, **engine
            )
            yield made
            (self.server / f"{name}.db").unlink(missing_ok=True)
            return
        url = sa.make_url(self.server)
        admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        force = " WITH (FORCE)" if self.name == "postgresql" else ""
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield sa.create_engine(url.set(database=name), poolclass=sa.NullPool, **engine)
        finally:
            with admin.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}{force}")


def catalog(connection: sa.Connection) -> Snapshot:
    """The whole catalog."""
    found = load(connection.dialect.name).read_catalog(query_on(connection)).snapshot
    connection.rollback()
    return found


def create_all(engine: sa.Engine, metadata: sa.MetaData) -> Snapshot:
    """The catalog of ``create_all`` on an empty database."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            for schema in sorted({t.schema for t in metadata.tables.values() if t.schema}):
                connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
        metadata.create_all(connection)
    with engine.connect() as connection:
        return catalog(connection)


def dump(
    connection: sa.Connection, without: Collection[str] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, values as text.

    :param without: ``table.column`` to leave out.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    inspector = sa.inspect(connection)
    quote = connection.dialect.identifier_preparer.quote
    schemas: list[str | None] = [None]
    if connection.dialect.name == "postgresql":
        schemas += [s for s in inspector.get_schema_names() if s not in _SERVERS_OWN]
    for schema in schemas:
        for name in inspector.get_table_names(schema=schema):
            full = [n for n in (schema, name) if n]
            rows = connection.exec_driver_sql(f"SELECT * FROM {'.'.join(map(quote, full))}")
            table = ".".join(full)
            found[table] = [
                {
                    k: None if v is None else str(v)
                    for k, v in r.items()
                    if f"{table}.{k}" not in without
                }
                for r in rows.mappings()
            ]
    connection.rollback()
    return found


def run_pair(
    place: Place,
    old_source: str | sa.MetaData,
    new_source: str | sa.MetaData,
    answers: Answers | None = None,
    *,
    rows: bool | Callable[[sa.MetaData, sa.Connection], None] = True,
    derived: Collection[str] = (),
    options: dict[str, Any] | None = None,
) -> Outcome:
    """Take a database from one schema to the other, back and forth; say what is not right.

    :param rows: True makes any rows; a function puts in rows of its own, whose values are then
        compared one by one (each table has an ``id``), not only counted.
    :param derived: ``table.column`` of the old schema whose values are the server's own.
    """
    answers = answers or Answers()
    outcome = Outcome()
    old = models(old_source) if isinstance(old_source, str) else old_source
    with place.database() as target:
        before = create_all(target, old)
        if rows:
            with target.begin() as connection:
                if callable(rows):
                    rows(old, connection)
                else:
                    make_rows(connection)
        new = models(new_source) if isinstance(new_source, str) else new_source
        with place.database() as reference:
            after = create_all(reference, new)
        with place.database() as shadow:
            create_all(shadow, old)
            _generate(shadow, before, after, new, answers, options or {}, outcome)
        with target.connect() as connection:
            kept = dump(connection, derived)
        _run(target, "upgrade", outcome, new)
        outcome.problems += _different(target, after, "upgrade")
        with target.connect() as connection:
            now = dump(connection)
        outcome.problems += _lost(kept, now, answers, "upgrade")
        if callable(rows):
            outcome.problems += changed_values(kept, now, answers, "upgrade")
        first = _snapshot(target)
        _run(target, "downgrade", outcome, new)
        outcome.problems += _different(target, before, "downgrade")
        with target.connect() as connection:
            now = dump(connection)
        if callable(rows):
            outcome.problems += changed_values(kept, now, answers, "downgrade", after)
        else:
            outcome.problems += _lost(kept, now, answers, "downgrade", after)
        _run(target, "upgrade", outcome, new)
        outcome.problems += _different(target, first, "second upgrade")
    return outcome


def _snapshot(engine: sa.Engine) -> Snapshot:
    with engine.connect() as connection:
        return catalog(connection)


def _different(engine: sa.Engine, wanted: Snapshot, when: str) -> list[str]:
    return [f"{when}: {d.text}" for d in compare(wanted, _snapshot(engine))]


def _generate(
    shadow: sa.Engine,
    before: Snapshot,
    after: Snapshot,
    new: sa.MetaData,
    answers: Answers,
    options: dict[str, Any],
    outcome: Outcome,
) -> None:
    register()
    name = "mysql" if shadow.dialect.name == "mariadb" else shadow.dialect.name
    renames = import_module(f"assay.generate.{name}.renames")
    steps = in_order(renames.rename_steps(default_schema_of(before), before, after, answers))
    if steps:
        with shadow.connect() as connection:
            context = MigrationContext.configure(connection)
            with context.begin_transaction(), Operations.context(context) as operations:
                for step in steps:
                    for op in step.ops:
                        operations.invoke(op)
            connection.commit()
            before = catalog(connection)
    with shadow.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "target_metadata": new,
                "autogenerate_plugins": [NAME],
                REQUEST: Request(before, after, answers),
                "render_as_batch": name == "sqlite",
                "sqlalchemy_module_prefix": "sa.",
                "alembic_module_prefix": "op.",
                "user_module_prefix": None,
                "render_item": rendering_of(None),
                "include_schemas": True,
                **options,
            },
        )
        exact_expressions(context)
        autogen = AutogenContext(context, new)
        upgrade = ops.UpgradeOps([])
        autogen.comparators.dispatch("autogenerate", qualifier=connection.dialect.name)(
            autogen, upgrade
        )
        upgrade.ops[:0] = steps
        downgrade = ops.DowngradeOps([])
        upgrade.reverse_into(downgrade)
        bodies = [
            _filled(render_operations(each, autogen), answers, shadow)
            for each in (upgrade, downgrade)
        ]
        imports = sorted(autogen.imports)
    outcome.text = "\n".join(
        ["from alembic import op", "import sqlalchemy as sa", *imports]
        + [
            f"\n\ndef {name}():\n" + "\n".join(f"    {line}" for line in body.splitlines())
            for name, body in zip(("upgrade", "downgrade"), bodies, strict=True)
        ]
    )


def _filled(body: str, answers: Answers, engine: sa.Engine) -> str:
    """Fill each backfill slot as ``--backfill`` does, or leave it."""
    lines = []
    for line in body.splitlines():
        lines.append(line)
        for target, expression in answers.backfill.items():
            if line.strip() == f"# assay: backfill {target}":
                indent = line[: len(line) - len(line.lstrip())]
                lines += [
                    indent + each for each in backfill_body(target, expression, engine.dialect)
                ]
    return "\n".join(lines)


def _run(engine: sa.Engine, direction: str, outcome: Outcome, new: sa.MetaData) -> None:
    """One direction as plain ``alembic`` runs it: one transaction where the engine has them.

    Its operations know the models, and with them the naming convention.
    """
    space: dict[str, Any] = {}
    exec(compile(outcome.text, "revision.py", "exec"), space)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": new})
        with Operations.context(context), context.begin_transaction(_per_migration=True):
            space[direction]()
        connection.commit()


def _lost(
    before: dict[str, list[dict[str, Any]]],
    after: dict[str, list[dict[str, Any]]],
    answers: Answers,
    when: str,
    between: Snapshot | None = None,
) -> list[str]:
    """Row counts and NULLs: a value that was there must not be NULL or gone."""
    lost = []
    renamed = answers if between is None else Answers()
    for table, rows in before.items():
        now = after.get(renamed.tables.get(table, table))
        if now is None or table in answers.drop:
            continue
        if between is not None and not _has(between, table):
            continue
        if len(now) != len(rows):
            lost.append(f"{when}: {table} had {len(rows)} rows, has {len(now)}")
            continue
        for column in rows[0] if rows else ():
            if _displaced(answers, table, column):
                continue
            name = renamed.columns.get(f"{table}.{column}", column)
            if now and name in now[0] and (between is None or _has(between, table, column)):
                filled = sum(r[column] is not None for r in rows)
                left = sum(r[name] is not None for r in now)
                if left < filled:
                    lost.append(f"{when}: {table}.{column} had {filled} values, has {left}")
    return lost


def changed_values(
    before: dict[str, list[dict[str, Any]]],
    after: dict[str, list[dict[str, Any]]],
    answers: Answers,
    when: str,
    between: Snapshot | None = None,
) -> list[str]:
    """Values that are not what they were, row by row; NULL may have become a value.

    :param between: the schema that the rows were in before they came back: what it did not have is
        not expected back, but tables are.
    """
    found = []
    renamed = answers if between is None else Answers()
    for table, rows in before.items():
        if table in answers.drop:
            continue
        new_name = answers.tables.get(table, table)
        now = after.get(renamed.tables.get(table, table))
        if now is None or (between is not None and not _has(between, new_name.rpartition(".")[2])):
            continue
        later = {row["id"]: row for row in now}
        if set(later) != {row["id"] for row in rows}:
            found.append(f"{when}: {table} had {len(rows)} rows, has {len(now)}")
            continue
        for column in rows[0] if rows else ():
            if _displaced(answers, table, column):
                continue
            new_column = answers.columns.get(f"{table}.{column}", column)
            name = column if between is not None else new_column
            if name not in now[0] or (
                between is not None and not _has(between, new_name.rpartition(".")[2], new_column)
            ):
                continue
            mapping = answers.values.get(f"{table}.{column}", {}) if between is None else {}
            for row in rows:
                value = mapping.get(row[column], row[column])
                if value is not None and not _same(value, later[row["id"]][name]):
                    found.append(
                        f"{when}: {table}.{column} was {value!r}, is {later[row['id']][name]!r}"
                    )
                    break
    return found


def _displaced(answers: Answers, table: str, column: str) -> bool:
    """A column that is dropped, and another takes its name."""
    return f"{table}.{column}" not in answers.columns and any(
        new == column and old.rpartition(".")[0] == table for old, new in answers.columns.items()
    )


def _same(before: str, after: str | None) -> bool:
    return after is not None and (before == after or _plain(before) == _plain(after))


def _plain(text: str) -> str:
    """A value without what its type adds to it: ``7.00`` is 7, a day at midnight is a day."""
    text = {"True": "1", "False": "0"}.get(text, text)
    for end in ("+00:00", "+00", ".000000", " 00:00:00"):
        text = text.removesuffix(end)
    try:
        return str(Decimal(text).normalize())
    except InvalidOperation:
        return text


def _has(snapshot: Snapshot, *names: str) -> bool:
    kind = "table" if len(names) == 1 else "column"
    return any(o.key[-len(names) :] == names for o in snapshot.of_kind(kind))


__all__ = ["Outcome", "Place", "models", "run_pair"]
