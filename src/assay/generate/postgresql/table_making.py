"""The operations that make one table as a catalog has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from alembic.operations import ops
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.elements import conv

from assay.catalog import CatalogObject, Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.postgresql import definitions
from assay.generate.postgresql.making import (
    CONSTRAINTS,
    check_source,
    make,
    reference_options,
    with_comment,
)
from assay.generate.postgresql.matching import contents, inherited
from assay.generate.postgresql.options import option_pairs, setting
from assay.generate.postgresql.table_order import parents_of
from assay.generate.postgresql.tokens import mentioned, source_of
from assay.operations.partitions import CreatePartitionOp
from assay.operations.statements import escaped
from assay.operations.table_options import AlterTableOp, TableOptionsOp
from assay.project.accepted import accepts, accepts_ondelete

__all__ = ["beside", "creation"]

Made = ops.MigrateOperation


def creation(
    c: Comparison,
    side: Snapshot,
    table: CatalogObject,
    columns: list[Column[Any]],
    apart: frozenset[CatalogObject],
) -> list[Made]:
    """What makes a table, its constraints, indexes, comments and what else hangs on it.

    :param side: the catalog that has it.
    :param columns: its columns; not asked for of a partition.
    :param apart: foreign keys with steps of their own.
    """
    mine = [o for o in contents(side, table.key) if o not in apart]
    if table.get("partition bound"):
        made: list[Made] = [_partition(c, table)]
        later = [o for o in mine if o.kind in (*CONSTRAINTS, "index") and not inherited(o)]
    else:
        inline = {o: item for o in mine if (item := _inline(c, o)) is not None}
        if any(o.kind in ("primary key", "unique") and o not in inline for o in mine):
            # one that refers to the table itself may need the key that is made after it
            inline = {o: i for o, i in inline.items() if not _refers_to(o, table)}
        made = [_table(c, table, columns, list(inline.values()))]
        for found in inline:
            made += with_comment(c, found)
        later = [
            o
            for o in mine
            if o.kind in (*CONSTRAINTS, "index") and o not in inline and not inherited(o)
        ]
    for found in sorted(later, key=lambda o: (o.kind == "foreign key", o.kind == "index")):
        made += make(c, found)
    return [*made, *_settings(c, table), *beside(c, [*mine, *_statistics(side, table)])]


def _table(
    c: Comparison, table: CatalogObject, columns: list[Column[Any]], items: list[SchemaItem]
) -> Made:
    options: dict[str, Any] = {}
    if table.get("partition key"):
        options["postgresql_partition_by"] = table.get("partition key")
    parents = parents_of(table)
    if parents:
        names = [".".join(p) if c.schema_of(p) else p[-1] for p in parents]
        options["postgresql_inherits"] = names[0] if len(names) == 1 else tuple(names)
    if table.get("tablespace"):
        options["postgresql_tablespace"] = table.get("tablespace")
    if _own_method(table) and accepts(c.dialect, Table, "using"):
        options["postgresql_using"] = table.get("access method")
    if table.get("persistence") == "unlogged":
        options["prefixes"] = ["UNLOGGED"]
    return ops.CreateTableOp(
        table.key[1],
        [*columns, *items],
        schema=c.schema_of(table.key),
        comment=table.get("comment"),
        _constraints_included=True,
        **options,
    )


def _own_method(table: CatalogObject) -> bool:
    return not table.get("partition bound") and table.get("access method") not in (None, "heap")


def _partition(c: Comparison, table: CatalogObject) -> Made:
    (parent,) = parents_of(table)
    return CreatePartitionOp(
        table.key[1],
        parent[-1],
        table.get("partition bound") or "",
        partition_by=table.get("partition key"),
        schema=c.schema_of(table.key),
        parent_schema=c.schema_of(parent),
    )


def _inline(c: Comparison, found: CatalogObject) -> SchemaItem | None:
    """A constraint as it stands inside ``op.create_table``; None where that cannot say it all."""
    if inherited(found) or found.kind not in CONSTRAINTS:
        return None
    definition, name = found.get("definition") or "", conv(found.key[2])
    if found.kind in ("primary key", "unique"):
        key = definitions.key(definition)
        if key is None or found.get("tablespace"):
            return None
        kind = PrimaryKeyConstraint if found.kind == "primary key" else UniqueConstraint
        options: dict[str, Any] = {}
        if key.include:
            options["postgresql_include"] = list(key.include)
        if key.nulls_not_distinct:
            options["postgresql_nulls_not_distinct"] = True
        if not accepts(c.dialect, kind, *(name.removeprefix("postgresql_") for name in options)):
            return None
        return kind(
            *key.columns,
            name=name,
            deferrable=key.deferrable or None,
            initially=key.initially,
            **options,
        )
    if found.kind == "check":
        check = definitions.check(definition)
        if check is None or check.no_inherit or check.not_valid:
            return None
        return CheckConstraint(escaped(check_source(c, found, check)), name=name)
    if found.kind == "foreign key":
        return _reference(c, found)
    return None


def _refers_to(found: CatalogObject, table: CatalogObject) -> bool:
    key = definitions.reference(found.get("definition") or "")
    return found.kind == "foreign key" and key is not None and key.table == table.key


def _reference(c: Comparison, found: CatalogObject) -> SchemaItem | None:
    key = definitions.reference(found.get("definition") or "")
    if key is None or key.not_valid or any("." in part for part in (*key.table, *key.referred)):
        return None
    if not accepts_ondelete(c.dialect, key.ondelete):
        return None
    schema = c.schema_of(key.table)
    table = f"{schema}.{key.table[-1]}" if schema else key.table[-1]
    return ForeignKeyConstraint(
        list(key.columns),
        [f"{table}.{column}" for column in key.referred],
        name=conv(found.key[2]),
        **reference_options(key),
    )


def _settings(c: Comparison, table: CatalogObject) -> Iterator[Made]:
    """What is set after a table is made."""
    name, schema = table.key[1], c.schema_of(table.key)
    if _own_method(table) and not accepts(c.dialect, Table, "using"):
        yield AlterTableOp(name, "access_method", table.get("access method"), schema)
    options = option_pairs(table)
    if options:
        yield TableOptionsOp(name, options, schema)
    for attribute in ("row security", "force row security"):
        if table.get(attribute) == "true":
            yield setting(c, table, attribute)


def beside(c: Comparison, mine: Iterable[CatalogObject]) -> Iterator[Made]:
    """What no operation makes: by the server's own text, after everything else."""
    for found in mine:
        if found.kind in ("trigger", "rule", "statistics"):
            yield ops.ExecuteSQLOp(escaped(found.get("definition") or ""))
        elif found.kind == "policy":
            yield ops.ExecuteSQLOp(escaped(_policy(c, found)))


def _statistics(side: Snapshot, table: CatalogObject) -> list[CatalogObject]:
    """Extended statistics of a table; their own key does not name it."""
    found = side.of_kind("statistics")
    return [o for o in found if mentioned(o.get("definition") or "", {table.key})]


def _policy(c: Comparison, found: CatalogObject) -> str:
    quote = c.dialect.identifier_preparer.quote
    schema, table, name = (quote(part) for part in found.key)
    text = f"CREATE POLICY {name} ON {schema}.{table}"
    if found.get("permissive") == "false":
        text += " AS RESTRICTIVE"
    text += f" FOR {(found.get('command') or 'all').upper()} TO {found.get('roles') or 'public'}"
    for attribute in ("using", "with check"):
        expression = found.get(attribute)
        if expression is not None:
            text += f" {attribute.upper()} ({source_of(expression)})"
    return text
