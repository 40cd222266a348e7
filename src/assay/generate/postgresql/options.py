"""What ``ALTER TABLE`` changes of a table as a whole: comment, storage, persistence, parents."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from assay.catalog import CatalogObject, Change
from assay.errors import ProcedureStop
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.making import drop, make
from assay.generate.postgresql.matching import inherited
from assay.generate.postgresql.table_order import parents_of
from assay.generate.postgresql.tokens import Reader
from assay.operations.table_options import AlterTableOp, TableOptionsOp

__all__ = ["option_pairs", "setting", "steps"]

Made = ops.MigrateOperation

_FIXED = {
    "partition key": "how it is partitioned",
    "of type": "the composite type it is of",
}


def steps(c: Comparison) -> Iterator[Step]:
    """One step a table; what models cannot say (row security, replica identity) is left alone."""
    for difference in c.changed("table"):
        before, after = difference.before, difference.after
        if difference.change is not Change.ALTERED or before is None or after is None:
            continue
        _refuse_fixed(before, after)
        yield from _persistence(c, before, after)
        yield from _inherited(c, before, after)
        do, undo = _operations(c, before, after), _operations(c, after, before)
        if do:
            yield Step(Phase.ALTER_TABLE, do, undo, after.key)


def option_pairs(table: CatalogObject) -> dict[str, str]:
    """Storage parameters, those of its TOAST table with the prefix they are set by."""
    found = {}
    for attribute, prefix in (("options", ""), ("toast options", "toast.")):
        for part in Reader(table.get(attribute) or "").parts():
            name, _, value = part.partition("=")
            found[prefix + name] = value
    return found


def setting(c: Comparison, table: CatalogObject, attribute: str) -> Made:
    """What turns a flag of row security as the table has it."""
    words = ("enable", "disable") if attribute == "row security" else ("force", "no force")
    value = words[0] if table.get(attribute) == "true" else words[1]
    return AlterTableOp(table.key[1], "row_security", value, c.schema_of(table.key))


def _refuse_fixed(before: CatalogObject, after: CatalogObject) -> None:
    for attribute, what in _FIXED.items():
        if before.get(attribute) != after.get(attribute):
            raise ProcedureStop(
                f"PostgreSQL cannot change {what} of an existing table: {after.name} "
                f"({before.get(attribute) or 'none'} → {after.get(attribute) or 'none'}).",
                next_step="Declare a new table beside it, copy the rows in a revision of its own, "
                "then drop the old one.",
            )


def _persistence(c: Comparison, before: CatalogObject, after: CatalogObject) -> Iterator[Step]:
    """A logged table can refer to logged tables only: those that are referred to go first."""
    if before.get("persistence") == after.get("persistence"):
        return
    name, schema = after.key[1], c.schema_of(after.key)
    logged = AlterTableOp(name, "logged", None, schema)
    unlogged = AlterTableOp(name, "unlogged", None, schema)
    place = c.by_model_order.get(after.key, 0)
    if after.get("persistence") == "unlogged":
        yield Step(Phase.ALTER_TABLE, [unlogged], [logged], after.key, -place)
    else:
        yield Step(Phase.ALTER_TABLE, [logged], [unlogged], after.key, place)


def _inherited(c: Comparison, before: CatalogObject, after: CatalogObject) -> Iterator[Step]:
    """CHECKs of a parent: a table must have them before it inherits, and keeps them afterwards."""
    if before.get("parents") == after.get("parents") or before.get("partition bound"):
        return
    for difference in c.changed("check"):
        found = difference.object
        if found.key[:2] != after.key or not inherited(found):
            continue
        if difference.change is Change.ADDED:
            yield Step(Phase.ALTER_TABLE, make(c, found), drop(c, found), found.key, -1)
        elif difference.change is Change.REMOVED:
            yield Step(Phase.ALTER_TABLE, drop(c, found), make(c, found), found.key, 1)


def _operations(c: Comparison, before: CatalogObject, after: CatalogObject) -> list[Made]:
    name, schema = after.key[1], c.schema_of(after.key)
    made: list[Made] = []
    old, new = option_pairs(before), option_pairs(after)
    options: dict[str, str | None] = {k: v for k, v in new.items() if old.get(k) != v}
    options |= dict.fromkeys(k for k in old if k not in new)
    if options:
        made.append(TableOptionsOp(name, options, schema))
    for attribute, kind, usual in (
        ("tablespace", "tablespace", "pg_default"),
        ("access method", "access_method", "heap"),
    ):
        if before.get(attribute) != after.get(attribute) and after.get("partition key") is None:
            made.append(AlterTableOp(name, kind, after.get(attribute) or usual, schema))
    was, now = parents_of(before), parents_of(after)
    if not (before.get("partition bound") or after.get("partition bound")):
        for how, parents, others in (("no_inherit", was, now), ("inherit", now, was)):
            made += [
                AlterTableOp(name, how, parent[-1], schema, c.schema_of(parent))
                for parent in parents
                if parent not in others
            ]
    if before.get("comment") != after.get("comment"):
        made.append(_comment(c, before, after))
    return made


def _comment(c: Comparison, before: CatalogObject, after: CatalogObject) -> Made:
    name, schema, existing = after.key[1], c.schema_of(after.key), before.get("comment")
    comment = after.get("comment")
    if comment is None:
        return ops.DropTableCommentOp(name, schema=schema, existing_comment=existing)
    return ops.CreateTableCommentOp(name, comment, schema=schema, existing_comment=existing)
