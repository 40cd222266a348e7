"""Tables and columns that a person said are renamed: SQLite rewrites every text that names them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from assay.catalog import Snapshot
from assay.generate.answers import Answers
from assay.generate.plan.step import Phase, Step
from assay.generate.plan.turns import in_turn
from assay.operations.rename_column import RenameColumnOp
from assay.operations.rename_table import RenameTableOp

__all__ = ["rename_steps"]


def rename_steps(
    _default_schema: str | None, old: Snapshot, _new: Snapshot, answers: Answers
) -> Iterator[Step]:
    """Columns under the old name of their table (``RENAME COLUMN``, SQLite 3.25), then tables."""
    by_table: dict[str, dict[str, str]] = {}
    for target, new in answers.columns.items():
        table, _, column = target.rpartition(".")
        if old.get("column", table, column) is not None:
            by_table.setdefault(table, {})[column] = new
    for table, columns in by_table.items():
        pairs = _in_turn(columns, [o.key[1] for o in old.of_kind("column") if o.key[0] == table])
        do = [RenameColumnOp(table, one, other) for one, other in pairs]
        undo = [RenameColumnOp(table, other, one) for one, other in reversed(pairs)]
        yield Step(Phase.RENAME, do, undo, (table,))
    tables = {one: other for one, other in answers.tables.items() if old.get("table", one)}
    there = [o.key[0] for o in old.of_kind("table")]
    for rank, (one, other) in enumerate(_in_turn(tables, there), 1):
        rename, back = RenameTableOp(one, other), RenameTableOp(other, one)
        yield Step(Phase.RENAME, [rename], [back], (one,), rank)


def _in_turn(renames: Mapping[str, str], there: Collection[str]) -> list[tuple[str, str]]:
    return in_turn(renames, there, lambda name: f"_assay_{name}", str.casefold)
