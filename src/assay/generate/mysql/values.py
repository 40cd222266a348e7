"""Rows whose values become others: labels of ENUM columns, and of text columns with a CHECK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alembic.operations import ops

from assay.catalog import CatalogObject, Snapshot
from assay.generate.mysql.affected import objects_of
from assay.generate.mysql.column_types import with_labels
from assay.generate.mysql.definitions import new_column, old_column, says_collation
from assay.generate.mysql.text import mentions, strings
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.operations.map_values import MapValuesOp
from assay.operations.modify_column import ModifyColumnOp

__all__ = ["remapped", "steps"]

Values = Mapping[str, str | None]


def remapped(
    c: Comparison, old: CatalogObject, new: CatalogObject
) -> tuple[list[ops.MigrateOperation], list[ops.MigrateOperation]]:
    """What comes before an ENUM column gets its new labels, and what before it gets them back.

    The column takes both sets of labels, then the rows change.
    """
    said = _said(c, old)
    if not said or not _is_enum(old) or not _is_enum(new):
        return [], []
    before, after = strings(old.get("type")), strings(new.get("type"))
    there, back = _only(said, before), _inverse(said, before)
    wide, narrow = new_column(c, new), old_column(c, old)
    table = new.key[0]
    wide.type = with_labels(new, _union(after, before), say_collation=_differs(c.new, new))
    narrow.type = with_labels(old, _union(before, after), say_collation=says_collation(c, old))
    return (
        [ModifyColumnOp(table, wide), _map(c.new, new, there)] if there else [],
        [ModifyColumnOp(table, narrow), _map(c.old, old, back)] if back else [],
    )


def steps(c: Comparison) -> Iterator[Step]:
    """Values of columns that are no ENUM, while no CHECK looks."""
    for target, said in c.answers.values.items():
        old = _column(c.old, c, target)
        new = c.new.by_identity.get(old.identity) if old is not None else None
        if old is None or new is None or (_is_enum(old) and _is_enum(new)):
            continue
        back = _inverse(said, _allowed(c.old, old))
        # where it is room for the longest of both: after it is widened, before it is narrowed
        rank = -10 if _width(old) > _width(new) else 10
        yield Step(
            Phase.ALTER_COLUMN,
            [_map(c.new, new, dict(said))] if said else [],
            [_map(c.old, old, back)] if back else [],
            new.key,
            rank,
        )


def _said(c: Comparison, old: CatalogObject) -> Values:
    return next(
        (v for target, v in c.answers.values.items() if _column(c.old, c, target) == old), {}
    )


def _column(snapshot: Snapshot, c: Comparison, target: str) -> CatalogObject | None:
    """The column that an answer names."""
    return snapshot.get("column", *c.answers.now(target))


def _is_enum(found: CatalogObject) -> bool:
    return (found.get("type") or "").startswith("enum(")


def _width(found: CatalogObject) -> int:
    digits = "".join(ch for ch in found.get("type") or "" if ch.isdigit())
    return int(digits or 0)


def _differs(snapshot: Snapshot, found: CatalogObject) -> bool:
    table = snapshot.get("table", found.key[0])
    return table is None or table.get("collation") != found.get("collation")


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """All labels; two that differ in case only are one label to the server."""
    known = {label.casefold() for label in first}
    return first + tuple(label for label in second if label.casefold() not in known)


def _only(said: Values, labels: tuple[str, ...]) -> dict[str, str | None]:
    return {old: new for old, new in said.items() if old in labels}


def _inverse(said: Values, before: tuple[str, ...]) -> dict[str, str | None]:
    """What can be told back: a value that all rows have from one other value alone."""
    sources: dict[str, list[str]] = {}
    for old, new in said.items():
        if new is not None:
            sources.setdefault(new, []).append(old)
    return {
        new: olds[0]
        for new, olds in sources.items()
        if len(olds) == 1 and (new not in before or new in said)
    }


def _allowed(snapshot: Snapshot, found: CatalogObject) -> tuple[str, ...]:
    """The values that CHECKs of a column name."""
    checks = [o.get("check") for o in objects_of(snapshot, "check", found.key[0])]
    checks = [sql for sql in checks if mentions(sql, found.key[1])]
    return tuple(label for sql in (*checks, found.get("check")) for label in strings(sql))


def _map(snapshot: Snapshot, found: CatalogObject, values: Values) -> MapValuesOp:
    columns = objects_of(snapshot, "column", found.key[0])
    keep = [o.key[1] for o in columns if o.get("on update") is not None]
    return MapValuesOp(found.key[0], found.key[1], values, keep=keep)
