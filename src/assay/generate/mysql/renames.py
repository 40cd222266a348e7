"""Tables and columns that a person said are renamed.

Measured on MariaDB 10.11: ``RENAME COLUMN`` and ``RENAME TABLE`` rewrite indexes, foreign keys on both
sides, CHECKs and generated columns, and rename foreign keys that the server had named after the table.
A CHECK of the column itself keeps the column's old name in ``information_schema`` until the column is
modified. Views and triggers keep the old names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from alembic.operations import ops

from assay.catalog import CatalogObject, Snapshot
from assay.generate.answers import Answers
from assay.generate.mysql.definitions import catalog_column
from assay.generate.plan.step import Phase, Step
from assay.generate.plan.turns import in_turn
from assay.operations.modify_column import ModifyColumnOp
from assay.operations.rename_column import RenameColumnOp
from assay.operations.rename_table import RenameTableOp

__all__ = ["rename_steps"]

Ops = list[ops.MigrateOperation]


def rename_steps(
    _default_schema: str | None, old: Snapshot, _new: Snapshot, answers: Answers
) -> Iterator[Step]:
    """Columns under the old name of their table, then tables."""
    by_table: dict[str, dict[str, str]] = {}
    for target, new in answers.columns.items():
        table, _, column = target.rpartition(".")
        if old.get("column", table, column) is not None:
            by_table.setdefault(table, {})[column] = new
    for table, columns in by_table.items():
        there = {o.key[1] for o in old.of_kind("column") if o.key[0] == table}
        pairs = _in_turn(columns, there)
        do: Ops = [RenameColumnOp(table, one, other) for one, other in pairs]
        undo: Ops = [RenameColumnOp(table, other, one) for one, other in reversed(pairs)]
        do_checks, undo_checks = _checked(old, table, columns)
        yield Step(Phase.RENAME, [*do, *do_checks], [*undo, *undo_checks], (table,))
    tables = {a: b for a, b in answers.tables.items() if old.get("table", a) is not None}
    for rank, (one, other) in enumerate(_in_turn(tables, {o.key[0] for o in old.of_kind("table")})):
        rename: Ops = [RenameTableOp(one, other)]
        yield Step(Phase.RENAME, rename, [RenameTableOp(other, one)], (one,), 1 + rank)


def _in_turn(renames: Mapping[str, str], there: Collection[str]) -> list[tuple[str, str]]:
    # a name has 64 characters at most
    return in_turn(renames, there, lambda name: f"_assay_{name}"[:64], str.casefold)


def _checked(old: Snapshot, table: str, columns: Mapping[str, str]) -> tuple[Ops, Ops]:
    """What gives a column's own CHECK the column's name, after the renames of each direction."""
    do: Ops = []
    undo: Ops = []
    for column, new in columns.items():
        before = old.by_identity["column", (table, column)]
        if before.get("check") is not None:
            after = CatalogObject.make(
                "column",
                (table, new),
                {
                    name: _renamed(value, columns) if name in ("check", "generated") else value
                    for name, value in before.attributes
                },
            )
            do.append(ModifyColumnOp(table, catalog_column(old, after)))
            undo.append(ModifyColumnOp(table, catalog_column(old, before)))
    return do, undo


def _renamed(sql: str | None, columns: Mapping[str, str]) -> str | None:
    if sql is None:
        return None
    parts = sql.split("`")
    # names stand between backquotes; one that is doubled in a name leaves the text as it is
    return "`".join(columns.get(p, p) if at % 2 else p for at, p in enumerate(parts))
