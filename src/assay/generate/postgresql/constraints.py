"""PRIMARY KEY, UNIQUE, CHECK and EXCLUDE constraints of tables that stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from alembic.operations import ops

from assay.catalog import CatalogObject
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.making import comment_of, drop, make
from assay.generate.postgresql.matching import Renamed, inherited, material, renamed
from assay.operations.constraints import RenameConstraintOp
from assay.operations.indexes import RenameIndexOp

__all__ = ["KINDS", "comment_step", "dropping", "making", "remaking", "rename", "steps"]

KINDS = ("primary key", "unique", "check", "exclusion")
_KEYS = ("primary key", "unique")


def steps(c: Comparison) -> Iterator[Step]:
    """Drop what is gone or changed first, make what is new or changed after the columns are right."""
    pairs = [p for p in renamed(c, *KINDS) if c.in_both(c.table_of(p.old))]
    for pair in pairs:
        yield rename(c, pair.old, pair.new)
    yield from remaking(c, KINDS, pairs, c.in_both)


def remaking(
    c: Comparison,
    kinds: Iterable[str],
    pairs: Iterable[Renamed],
    stays: Callable[[TableKey], bool],
) -> Iterator[Step]:
    """What is neither renamed nor a part of a table that is made or dropped."""
    done = {o.identity for pair in pairs for o in (pair.old, pair.new)}
    for difference in c.changed(*kinds):
        found, before, after = difference.object, difference.before, difference.after
        if difference.identity in done or not stays(c.table_of(found)) or inherited(found):
            continue
        if before is not None and after is not None and not material(difference):
            yield from comment_step(c, before, after)
            continue
        if before is not None:
            yield dropping(c, before)
        if after is not None:
            yield making(c, after)


def dropping(c: Comparison, found: CatalogObject) -> Step:
    """Drop a constraint or index; the undo makes it as it was."""
    return Step(Phase.DROP_INDEX, drop(c, found), make(c, found), found.key)


def making(c: Comparison, found: CatalogObject) -> Step:
    """Make a constraint or index."""
    phase = Phase.ADD_KEY if found.kind in _KEYS else Phase.ADD_INDEX
    return Step(phase, make(c, found), drop(c, found), found.key)


def rename(c: Comparison, old: CatalogObject, new: CatalogObject) -> Step:
    """Rename a constraint, with the index behind it, or an index; the comment may differ too."""
    schema = c.schema_of(c.table_of(old))
    kind = RenameIndexOp if old.kind == "index" else RenameConstraintOp
    op = kind(old.key[1], old.key[2], new.key[2], schema)
    do: list[ops.MigrateOperation] = [op]
    undo: list[ops.MigrateOperation] = [op.reverse()]
    if old.get("comment") != new.get("comment"):
        do.append(comment_of(c, new, new.get("comment")))
        undo.insert(0, comment_of(c, new, old.get("comment")))
    return Step(Phase.RENAME_CONSTRAINT, do, undo, old.key)


def comment_step(c: Comparison, before: CatalogObject, after: CatalogObject) -> Iterator[Step]:
    """Another comment, if that is what differs."""
    if before.get("comment") != after.get("comment"):
        yield Step(
            Phase.ALTER_TABLE,
            [comment_of(c, after, after.get("comment"))],
            [comment_of(c, before, before.get("comment"))],
            after.key,
        )
