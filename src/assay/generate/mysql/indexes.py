"""Indexes and UNIQUE constraints, which are one thing here, of tables that stay."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from assay.catalog import CatalogObject
from assay.generate.mysql.affected import KEYS, affected, renamed
from assay.generate.mysql.implicit import with_foreign_keys
from assay.generate.mysql.making import drop, make
from assay.generate.mysql.swaps import in_one_statement
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.operations.indexes import IndexOp, RenameIndexOp

__all__ = ["steps", "with_using"]


def steps(c: Comparison) -> Iterator[Step]:
    """Renamed, changed, dropped, added; those that a foreign key brings or takes are left to it."""
    pairs = renamed(c)
    for identity, new in pairs.items():
        (table, before), after = identity[1], new.key[1]
        yield Step(
            Phase.RENAME_CONSTRAINT,
            [RenameIndexOp(table, before, after)],
            [RenameIndexOp(table, after, before)],
            (table, before),
        )
    goes, comes = with_foreign_keys(c)
    going = {*pairs, *(o.identity for o in goes.values())}
    coming = {o.identity for o in (*pairs.values(), *comes.values())}
    changed = [d for d in c.changed(*KEYS) if c.in_both(d.object.key[:1])]
    gone = [d.before for d in changed if d.before is not None and d.before.identity not in going]
    come = [d.after for d in changed if d.after is not None and d.after.identity not in coming]
    added = {found.key: found for found in come}
    for old in gone:
        # an index may become a UNIQUE of its name
        made = with_using(c, make(added[old.key])) if old.key in added else None
        swap = in_one_statement(c, old, made=made) if made is not None else None
        if swap is None:
            yield _dropped(old)
        else:
            del added[old.key]
            yield swap
    for new in added.values():
        yield _added(c, new)
    for kind, key in sorted(affected(c).keys):
        if kind in KEYS:
            found = c.old.by_identity[kind, key]
            yield _dropped(found)
            yield _added(c, found)


def _dropped(found: CatalogObject) -> Step:
    return Step(Phase.DROP_INDEX, [drop(found)], [make(found)], found.key)


def _added(c: Comparison, found: CatalogObject) -> Step:
    phase = Phase.ADD_KEY if found.kind == "unique" else Phase.ADD_INDEX
    return Step(phase, [with_using(c, make(found))], [drop(found)], found.key)


def with_using(c: Comparison, made: ops.MigrateOperation) -> ops.MigrateOperation:
    """An index with the method that its model says: the catalog does not tell one that is ignored."""
    model = c.models.get((made.table_name,)) if isinstance(made, IndexOp) else None
    if model is None or not isinstance(made, IndexOp):
        return made
    for index in model.indexes:
        using = index.dialect_kwargs.get(f"{c.dialect.name}_using")
        if index.name == made.index_name and using:
            options = {**made.options, "mysql_using": using, "mariadb_using": using}
            return IndexOp(
                str(made.index_name),
                made.table_name,
                made.elements,
                unique=bool(made.unique),
                options=options,
            )
    return made
