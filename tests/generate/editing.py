"""The edits that lead from one schema of a random pair to the other, one function each.

An edit gets the first schema too, for what must not be used twice, and gives None where it does not
apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edits import COMMENTS, INTEGERS, defaultable, families
from schemas import DEFAULTS, Column, Schema, Table

if TYPE_CHECKING:
    from edits import _Maker

__all__ = ["EDITS"]

Edit = Callable[["_Maker", Schema, Schema], "Schema | None"]


def _table(maker: _Maker, new: Schema) -> Table | None:
    found: Table | None = maker.one(*new.tables) if new.tables else None
    return found


def _column(maker: _Maker, table: Table, fits: Callable[[Column], Any]) -> Column | None:
    fitting = [c for c in table.columns if c.uid != 0 and fits(c)]
    found: Column | None = maker.one(*fitting) if fitting else None
    return found


def add_table(maker: _Maker, old: Schema, new: Schema) -> Schema | None:
    name = maker.names.of_table(old, new)
    if name is None:
        return None
    return replace(new, tables=(*new.tables, maker.table(new, name)))


def drop_table(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    if table is None or len(new.tables) == 1:
        return None
    left = replace(new, tables=tuple(t for t in new.tables if t.uid != table.uid))
    for other in left.tables:
        tied = [f for f in other.foreigns if f.table == table.uid]
        for foreign in tied:
            if foreign.column in other.key:
                return None
            other = other.without(foreign.column)
            left = left.with_table(other)
    return left


def rename_table(maker: _Maker, old: Schema, new: Schema) -> Schema | None:
    table, name = _table(maker, new), maker.names.of_table(old, new)
    if table is None or name is None:
        return None
    return new.with_table(replace(table, name=name))


def add_column(maker: _Maker, old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    name = maker.names.of_column(table, old.table(table.uid)) if table else None
    if table is None or name is None:
        return None
    return new.with_table(replace(table, columns=(*table.columns, maker.column(new, name))))


def add_part(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    if table is None:
        return None
    part = maker.one(maker.unique, maker.check, maker.index, maker.foreign, maker.computed)
    made = part(new, table)
    return new.with_table(made) if made is not None else None


def drop_column(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    column = _column(maker, table, lambda c: c.uid not in table.key) if table else None
    if table is None or column is None:
        return None
    return new.with_table(table.without(column.uid))


def _parts(maker: _Maker, new: Schema) -> tuple[Table, str, Any] | None:
    """A table's constraint or index with the name of the field it is in."""
    found = [
        (table, kind, part)
        for table in new.tables
        for kind in ("uniques", "checks", "indexes", "foreigns")
        for part in getattr(table, kind)
    ]
    chosen: tuple[Table, str, Any] | None = maker.one(*found) if found else None
    return chosen


def drop_part(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    chosen = _parts(maker, new)
    if chosen is None:
        return None
    table, kind, gone = chosen
    kept: Any = {kind: tuple(p for p in getattr(table, kind) if p.uid != gone.uid)}
    return new.with_table(replace(table, **kept))


def rename_part(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    chosen = _parts(maker, new)
    if chosen is None or not chosen[2].name:
        return None
    table, kind, part = chosen
    named = replace(part, name=maker.name("renamed"))
    changed: Any = {kind: tuple(named if p.uid == part.uid else p for p in getattr(table, kind))}
    return new.with_table(replace(table, **changed))


def alter_part(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    """Another condition of a CHECK, another action of a foreign key, an index over more columns."""
    chosen = _parts(maker, new)
    if chosen is None:
        return None
    table, kind, part = chosen
    if kind == "foreigns":
        altered = replace(part, ondelete=maker.one(None, "CASCADE"))
    elif kind == "checks":
        column = table.column(part.column)
        textual = column is not None and column.textual
        other = "length({0}) < 26" if textual else maker.one("{0} > -1", "{0} < 2000")
        altered = replace(part, condition=other)
    elif 0 not in part.columns and not getattr(part, "options", None):
        altered = replace(part, columns=(*part.columns, 0))
    else:
        return None
    parts = tuple(altered if p.uid == part.uid else p for p in getattr(table, kind))
    changed: Any = {kind: parts}
    return new.with_table(replace(table, **changed))


def rename_column(maker: _Maker, old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    column = _column(maker, table, lambda c: True) if table else None
    name = maker.names.of_column(table, old.table(table.uid)) if table else None
    if table is None or column is None or name is None:
        return None
    return new.with_table(table.with_column(replace(column, name=name)))


def swap_columns(maker: _Maker, old: Schema, new: Schema) -> Schema | None:
    """Two columns that were there before take each other's name."""
    table = _table(maker, new)
    before = old.table(table.uid) if table else None
    if table is None or before is None:
        return None
    first = _column(maker, table, lambda c: before.column(c.uid) == c)
    second = _column(maker, table, lambda c: before.column(c.uid) == c)
    if first is None or second is None or first == second:
        return None
    swapped = table.with_column(replace(first, name=second.name))
    return new.with_table(swapped.with_column(replace(second, name=first.name)))


def move_table(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    """A table goes into another schema, which may be new."""
    table = _table(maker, new)
    if table is None or maker.engine != "postgresql":
        return None
    return new.with_table(replace(table, schema=maker.one(None, "side", "other")))


def retype(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    if table is None:
        return None
    tied = {
        *table.key,
        *(f.column for f in table.foreigns),
        *(c.column for c in table.checks),
        *(i.columns[0] for i in table.indexes if i.lower or i.options),
    }
    sources = {c.source for c in table.columns}
    column = _column(maker, table, lambda c: c.uid not in tied and c.computed is None)
    if column is None or column.family == "enum":
        return None
    kinds = INTEGERS if column.uid in sources else families(maker.engine)[column.family]
    changed = replace(column, type=maker.one(*kinds))
    if changed.default is not None and not defaultable(changed, maker.engine):
        changed = replace(changed, default=None)
    if maker.engine == "mysql" and changed.type == "Text":
        over = {uid for i in table.indexes for uid in i.columns} | table.distinct()
        if column.uid in over:
            return None
    return new.with_table(table.with_column(changed))


def widen_key(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    """``id`` and everything that points to it become BIGINT."""
    table = _table(maker, new)
    if table is None or table.key != (0,):
        return None
    changed = new
    for each in new.tables:
        tied = {f.column for f in each.foreigns if f.table == table.uid}
        if each.uid == table.uid:
            tied.add(0)
        for uid in tied:
            now = next(t for t in changed.tables if t.uid == each.uid)
            column = now.column(uid)
            assert column is not None
            changed = changed.with_table(now.with_column(replace(column, type="BigInteger")))
    return changed


def change_key(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    """The primary key is over ``id`` and another column, or over ``id`` alone again."""
    table = _table(maker, new)
    if table is None or any(f.table == table.uid for t in new.tables for f in t.foreigns):
        return None
    if len(table.key) > 1:
        return new.with_table(replace(table, key=(0,)))
    column = _column(
        maker, table, lambda c: c.family == "int" and not c.nullable and c.type in INTEGERS
    )
    if column is None or table.columns[0].identity or column.default or column.computed:
        return None
    return new.with_table(replace(table, key=(0, column.uid)))


def change_nullable(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    column = (
        _column(maker, table, lambda c: c.uid not in table.key and c.computed is None)
        if table
        else None
    )
    if table is None or column is None:
        return None
    return new.with_table(table.with_column(replace(column, nullable=not column.nullable)))


def change_default(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    column = (
        _column(maker, table, lambda c: defaultable(c, maker.engine) and c.computed is None)
        if table
        else None
    )
    if table is None or column is None:
        return None
    default = maker.one(None, *DEFAULTS[column.family])
    return new.with_table(table.with_column(replace(column, default=default)))


def change_comment(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    if table is None or maker.engine == "sqlite":
        return None
    column = _column(maker, table, lambda c: True)
    comment = maker.one(*COMMENTS)
    if column is None or maker.maybe():
        return new.with_table(replace(table, comment=comment))
    return new.with_table(table.with_column(replace(column, comment=comment)))


def change_computed(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    column = _column(maker, table, lambda c: c.computed is not None) if table else None
    if table is None or column is None:
        return None
    return new.with_table(table.with_column(replace(column, computed="{0} + 5")))


def change_enum(maker: _Maker, old: Schema, new: Schema) -> Schema | None:
    """A label is added, taken away (no row holds it), or renamed (a row may)."""
    enums = [e for e in new.enums if e in old.enums]
    if not enums:
        return None
    enum = maker.one(*enums)
    how = maker.one("add", "add first", "remove", "rename")
    if how == "add":
        changed = replace(enum, labels=(*enum.labels, "brand new"))
    elif how == "add first":
        changed = replace(enum, labels=(*enum.labels[:2], "brand new", *enum.labels[2:]))
    elif how == "remove":
        if any(c.default == "last" for t in old.tables for c in t.columns if c.enum == enum.uid):
            return None
        changed = replace(enum, labels=enum.labels[:2])
    else:
        was = enum.labels[1]
        labels = (enum.labels[0], "renamed", *enum.labels[2:])
        changed = replace(enum, labels=labels, renamed={was: "renamed"})
    return replace(new, enums=tuple(changed if e.uid == enum.uid else e for e in new.enums))


def change_identity(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    if maker.engine != "postgresql" or table is None or table.key != (0,):
        return None
    first = table.columns[0]
    return new.with_table(table.with_column(replace(first, identity=not first.identity)))


def name_key(maker: _Maker, _old: Schema, new: Schema) -> Schema | None:
    table = _table(maker, new)
    if table is None:
        return None
    return new.with_table(replace(table, key_name=None if table.key_name else maker.name("pk")))


EDITS: tuple[Edit, ...] = (
    add_table,
    drop_table,
    rename_table,
    add_column,
    add_column,
    add_part,
    add_part,
    drop_column,
    drop_part,
    rename_part,
    alter_part,
    rename_column,
    swap_columns,
    move_table,
    retype,
    retype,
    widen_key,
    change_key,
    change_nullable,
    change_default,
    change_comment,
    change_computed,
    change_enum,
    change_identity,
    name_key,
)
