"""The rows of tables on a shadow, to tell whether they came back, or changed once more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.catalog import Snapshot
from assay.dialects import Query
from assay.trace.effects import Loss

if TYPE_CHECKING:
    from sqlalchemy import Dialect

__all__ = ["Contents", "losses", "read_contents"]

MOST = 1000
"""Rows of a table that are read; a shadow holds a few."""

TableKey = tuple[str, ...]


@dataclass(frozen=True)
class Contents:
    """Rows by table, values by column: as texts, in no order."""

    name: str
    rows: int
    values: Mapping[str, Counter[str]] = field(repr=False)
    whole: Counter[str] = field(repr=False)


def read_contents(
    query: Query, dialect: Dialect, catalog: Snapshot, tables: Iterable[TableKey]
) -> Mapping[TableKey, Contents]:
    """What some tables hold; those that are not in the catalog are left out.

    :param tables: keys of their catalog objects.
    """
    found: dict[TableKey, Contents] = {}
    quote = dialect.identifier_preparer.quote
    # a driver's "%%"; what runs below SQLAlchemy without parameters needs none
    doubled = quote("%") != quote("%").replace("%%", "%")
    columns: dict[TableKey, list[str]] = {}
    wanted = set(tables)
    for column in catalog.of_kind("column"):
        if column.key[:-1] in wanted:
            columns.setdefault(column.key[:-1], []).append(column.key[-1])
    for key, names in columns.items():
        if catalog.get("table", *key) is None:
            continue
        sql = f"SELECT {', '.join(map(quote, names))} FROM {'.'.join(map(quote, key))} LIMIT {MOST}"
        rows = [tuple(map(repr, row)) for row in query(sql.replace("%%", "%") if doubled else sql)]
        none = repr(None)
        values = {
            name: Counter(row[at] for row in rows if row[at] != none)
            for at, name in enumerate(names)
        }
        table = catalog.get("table", *key)
        assert table is not None
        whole = Counter("\x1f".join(row) for row in rows)
        found[key] = Contents(table.name, len(rows), values, whole)
    return found


def losses(
    before: Mapping[TableKey, Contents], after: Mapping[TableKey, Contents]
) -> tuple[Loss, ...]:
    """What tables held and hold no more: rows, else values of columns."""
    found: list[Loss] = []
    for key, old in before.items():
        new = after.get(key)
        if new is None:
            continue
        if new.rows < old.rows:
            found.append(Loss(old.name, old.rows, new.rows))
            continue
        for column, values in old.values.items():
            left = (values & new.values.get(column, Counter())).total()
            if left < values.total():
                found.append(Loss(f"{old.name}.{column}", values.total(), left))
    return tuple(found)
