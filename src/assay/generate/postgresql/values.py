"""Rows that hold values which a CHECK no longer allows: given others, as a person answered.

Native enums are types: their labels are renamed or replaced where types are. These are the columns
of plain types: ``Enum(native_enum=False)``, or a CHECK written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.catalog import Snapshot
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.deferred import checked_now
from assay.generate.postgresql.renames import column_now
from assay.generate.postgresql.tokens import Reader
from assay.generate.postgresql.type_texts import TypeText
from assay.operations.map_values import MapValuesOp

__all__ = ["steps"]


def steps(c: Comparison) -> Iterator[Step]:
    """After the old CHECK is dropped, before the new one is made."""
    for target, mapping in c.answers.values.items():
        *place, column = column_now(target, c.answers, c.default_schema or "public")
        table = tuple(place)
        old, new = c.old.get("column", *table, column), c.new.get("column", *table, column)
        if old is None or new is None or not mapping:
            continue
        if any(
            _is_enum(side, kind.get("type") or "") for side, kind in ((c.old, old), (c.new, new))
        ):
            continue
        back = _inverse(mapping, _allowed(c.old, table, column))
        schema = c.schema_of(table)
        settled = checked_now(c, table)
        undo = [MapValuesOp(table[1], column, back, schema=schema), *settled] if back else []
        room = _length(old.get("type") or "")
        longer = room is not None and any(len(v) > room for v in mapping.values() if v is not None)
        yield Step(
            Phase.ALTER_COLUMN if longer else Phase.BACKFILL,
            [MapValuesOp(table[1], column, mapping, schema=schema), *settled],
            undo,
            (*table, column),
            rank=1 if longer else 0,  # after the column was made longer
        )


def _is_enum(side: Snapshot, kind: str) -> bool:
    key = TypeText.of(kind).resolved(side).key
    return key is not None and ("enum", key) in side.by_identity


def _length(kind: str) -> int | None:
    """The length of ``character varying(20)``."""
    inside = kind.rpartition("(")[2].rstrip(")")
    return int(inside) if kind.startswith("character") and inside.isdigit() else None


def _allowed(side: Snapshot, table: TableKey, column: str) -> frozenset[str] | None:
    """The strings in the CHECKs that name a column; None without any."""
    found: set[str] = set()
    for check in side.of_kind("check"):
        tokens = [t for t, _, _ in Reader(check.get("definition") or "").tokens()]
        if check.key[:2] == table and column in (t.strip('"') for t in tokens):
            found |= {t[1:-1].replace("''", "'") for t in tokens if t.startswith("'")}
    return frozenset(found) or None


def _inverse(
    mapping: Mapping[str, str | None], allowed: frozenset[str] | None
) -> dict[str, str | None]:
    """What rows become again: not where the new value may have been there before."""
    back: dict[str, str | None] = {}
    for old, new in mapping.items():
        known = new in mapping if allowed is None else new in allowed
        if new is not None and (not known or new in mapping):
            back.setdefault(new, old)
    return back
