"""Tables and columns that a revision renames: said by its operations, and so in the catalogs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from assay.catalog import CatalogObject, Snapshot
from assay.generate.names import Names
from assay.generate.renames import default_schema_of, renames_in

__all__ = ["renamed_by"]


def renamed_by(
    path: Path, before: Snapshot, after: Snapshot
) -> Mapping[tuple[str, tuple[str, ...]], CatalogObject]:
    """What is gone under its old name and there under the new one that an operation gave it.

    Columns of a renamed table are with it. A catalog alone cannot tell a rename from a drop and an
    addition, so the operations say it; what the catalogs do not bear out does not count.

    :returns: objects as they are, by the identity they had.
    """
    return dict(_renamed(path, before, after))


def _renamed(
    path: Path, before: Snapshot, after: Snapshot
) -> Iterator[tuple[tuple[str, tuple[str, ...]], CatalogObject]]:
    made = renames_in(path)
    if not (made.tables or made.columns):
        return
    default = default_schema_of(before)
    old, new = Names(before, default), Names(after, default)
    for key in old.tables.values():
        name = old.text(key)
        now = new.tables.get(made.tables.get(name, name))
        if now is None:
            continue
        if now != key and ("table", key) not in after.by_identity:
            yield ("table", key), after.by_identity["table", now]
        for column in old.columns_of(key):
            identity = ("column", (*key, column))
            becomes = made.columns.get(f"{name}.{column}", column)
            found = new.columns_of(now).get(becomes)
            if found is not None and found.identity != identity:
                yield identity, found
