"""Tables that come and tables that go, with all that belongs to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from alembic.operations import ops
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.sql.elements import conv

from assay.catalog import CatalogObject, Snapshot
from assay.catalog.difference import Change
from assay.generate.mysql.affected import KEYS, affected, covers, objects_of
from assay.generate.mysql.columns import depth
from assay.generate.mysql.definitions import new_column, old_column
from assay.generate.mysql.foreign_keys import added, dropped
from assay.generate.mysql.implicit import implicit_index, shared
from assay.generate.mysql.indexes import with_using
from assay.generate.mysql.making import make
from assay.generate.mysql.table_options import creation_options
from assay.generate.mysql.text import key_parts, names
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.operations.statements import escaped

__all__ = ["steps"]

ColumnOf = Callable[[Comparison, CatalogObject], "Column[Any]"]


def steps(c: Comparison) -> Iterator[Step]:
    """Referenced tables come first and go last; a foreign key in a circle comes later, goes before."""
    changes = {
        change: [d.object for d in c.changed("table") if d.change is change] for change in Change
    }
    for rank, table in enumerate(_in_order(c.new, changes[Change.ADDED])):
        inline = _inline(c, c.new, table, changes[Change.ADDED], rank)
        make_it = _created(c, c.new, table, inline, new_column)
        yield Step(Phase.CREATE_TABLE, make_it, [ops.DropTableOp(table)], (table,), rank)
        for found in objects_of(c.new, "foreign key", table):
            if found not in inline:
                yield added(c, found)
    removed = _in_order(c.old, changes[Change.REMOVED])
    for rank, table in enumerate(removed):
        inline = _inline(c, c.old, table, changes[Change.REMOVED], rank)
        make_it = _created(c, c.old, table, inline, old_column)
        yield Step(Phase.DROP_TABLE, [ops.DropTableOp(table)], make_it, (table,), -rank)
        for found in objects_of(c.old, "foreign key", table):
            if found not in inline:
                yield dropped(c, found)


def _targets(snapshot: Snapshot, table: str) -> set[str]:
    return {names(found.get("target"))[-1] for found in objects_of(snapshot, "foreign key", table)}


def _in_order(snapshot: Snapshot, tables: Iterable[CatalogObject]) -> list[str]:
    """Tables, those they reference before them; a circle is cut where it is come upon."""
    wanted = [found.key[0] for found in tables]
    ordered: list[str] = []
    open_: set[str] = set()

    def visit(table: str) -> None:
        if table in open_:
            return
        open_.add(table)
        for target in sorted(_targets(snapshot, table)):
            if target in wanted:
                visit(target)
        ordered.append(table)

    for table in sorted(wanted):
        visit(table)
    return ordered


def _inline(
    c: Comparison, snapshot: Snapshot, table: str, moving: list[CatalogObject], rank: int
) -> list[CatalogObject]:
    """Foreign keys that can stand in the table's own statement: their target is there by then."""
    order = {name: at for at, name in enumerate(_in_order(snapshot, moving))}
    # InnoDB: the name of a foreign key is for one in a database
    wanted = {o.key[1] for o in c.new.of_kind("foreign key")} if snapshot is c.old else set()
    found = []
    for one in objects_of(snapshot, "foreign key", table):
        if one.key[1] in wanted:
            continue
        *schema, target = names(one.get("target"))
        made = bool(schema) or target == table or order.get(target, rank) < rank
        if target not in order:
            made = made or _steady(c, target, names(one.get("target columns")))
        if made and not shared(snapshot, one):
            found.append(one)
    return found


def _steady(c: Comparison, table: str, columns: tuple[str, ...]) -> bool:
    """Whether columns of a table that stays can be referenced before and after alike."""
    if not c.in_both((table,)):
        return False
    for name in columns:
        old = c.old.get("column", table, name)
        if old is None or c.new.get("column", table, name) != old:
            return False
    known = affected(c)
    return any(
        covers(key_parts(old.get("columns")), columns)
        and known.unchanged(old)
        and old.identity not in known.keys
        for kind in (*KEYS, "primary key")
        for old in objects_of(c.old, kind, table)
        if old.get("type") not in ("FULLTEXT", "SPATIAL")
    )


def _created(
    c: Comparison, snapshot: Snapshot, table: str, inline: list[CatalogObject], column_of: ColumnOf
) -> list[ops.MigrateOperation]:
    """CREATE TABLE and the indexes that are left to make."""
    columns = [column_of(c, o) for o in _model_order(c, objects_of(snapshot, "column", table))]
    key = snapshot.get("primary key", table, "PRIMARY")
    key_columns = [str(p.column) for p in key_parts(key.get("columns"))] if key else []
    unnamed = _unnamed(table, inline)
    referencing = {n for one in inline for n in names(one.get("columns"))}
    for column in columns:
        _say_numbering(column, key_columns, column.name in referencing)
    parts: list[Any] = [*columns]
    if key_columns:
        parts.append(PrimaryKeyConstraint(*key_columns))
    for one in inline:
        parts.append(_foreign_key(one, named=one is not unnamed))
    later = []
    made = _made_by_server(snapshot, inline, unnamed)
    for found in (*objects_of(snapshot, "unique", table), *objects_of(snapshot, "index", table)):
        plain = [p.column for p in key_parts(found.get("columns")) if p.plain]
        if found.kind == "unique" and len(plain) == len(key_parts(found.get("columns"))):
            parts.append(UniqueConstraint(*map(str, plain), name=conv(found.key[1])))
        elif found not in made:
            later.append(with_using(c, make(found)))
    for found in objects_of(snapshot, "check", table):
        parts.append(
            CheckConstraint(text(escaped(found.get("check") or "")), name=conv(found.key[1]))
        )
    options, comment, prefixes = creation_options(c, snapshot, table)
    built = Table(table, MetaData(), *parts, comment=comment, prefixes=prefixes, **options)
    return [ops.CreateTableOp.from_table(built), *later]


def _model_order(c: Comparison, columns: list[CatalogObject]) -> list[CatalogObject]:
    if not columns:
        return columns
    model = c.models.get(columns[0].key[:1])
    if model is None:
        # the catalog does not say positions; a generated column stands after what it is made from
        return sorted(columns, key=lambda o: (_place(c.old, o), o.key))
    order = {column.name: at for at, column in enumerate(model.columns)}
    return sorted(columns, key=lambda o: (order.get(o.key[1], len(order)), o.key))


def _place(snapshot: Snapshot, column: CatalogObject) -> int:
    if column.get("generated") is not None:
        return 1 + depth(snapshot, column)
    return 0 if column.get("autoincrement") is not None else 1


def _say_numbering(column: Column[Any], key: list[str], references: bool) -> None:
    """What SQLAlchemy would take for AUTO_INCREMENT, or not, by itself is left unsaid."""
    numbers = column.autoincrement is True
    alone = key == [column.name] and not references
    if numbers:
        column.autoincrement = "auto" if alone else True
    elif column.name in key:
        column.autoincrement = False if alone else "auto"


def _unnamed(table: str, inline: list[CatalogObject]) -> CatalogObject | None:
    """The foreign key that the server named, if it is the only one: it will name it so again."""
    pattern = re.compile(rf"{re.escape(table)}_ibfk_\d+\Z")
    found = [one for one in inline if pattern.match(one.key[1])]
    return found[0] if len(found) == 1 and found[0].key[1] == f"{table}_ibfk_1" else None


def _foreign_key(found: CatalogObject, *, named: bool) -> ForeignKeyConstraint:
    target = ".".join(names(found.get("target")))
    return ForeignKeyConstraint(
        names(found.get("columns")),
        [f"{target}.{column}" for column in names(found.get("target columns"))],
        name=conv(found.key[1]) if named else None,
        onupdate=found.get("on update"),
        ondelete=found.get("on delete"),
    )


def _made_by_server(
    snapshot: Snapshot, inline: list[CatalogObject], unnamed: CatalogObject | None
) -> list[CatalogObject]:
    found = []
    for one in inline:
        name = names(one.get("columns"))[0] if one is unnamed else one.key[1]
        index = implicit_index(snapshot, one, name)
        if index is not None:
            found.append(index)
    return found
