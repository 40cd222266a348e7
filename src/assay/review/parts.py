"""What keys, indexes and foreign keys are over, by the server's own text of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assay.catalog import CatalogObject, Snapshot
from assay.generate.names import Key
from assay.generate.postgresql import definitions
from assay.generate.postgresql.tokens import Reader

__all__ = ["Reference", "columns_of", "indexes_of", "reference_of"]

_COLUMN = re.compile(r'(?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|[\w$]+)(?:\s+[\w"].*)?$')


@dataclass(frozen=True)
class Reference:
    """A foreign key: its columns, the table it refers to, and that one's columns."""

    columns: tuple[str, ...]
    table: Key
    referred: tuple[str, ...]


def columns_of(found: CatalogObject) -> tuple[str, ...]:
    """The columns that a key, index or foreign key begins with, to its first expression."""
    return tuple(_leading(_elements(found)))


def reference_of(found: CatalogObject) -> Reference | None:
    """A foreign key taken apart; None where its text is not understood."""
    text = found.get("definition")
    if text is not None:
        read = definitions.reference(text)
        return Reference(read.columns, read.table, read.referred) if read is not None else None
    referred = list(Reader(found.get("target columns") or "").parts())
    return Reference(columns_of(found), (found.get("target") or "",), tuple(_leading(referred)))


def indexes_of(snapshot: Snapshot, table: Key) -> Iterator[CatalogObject]:
    """What a table's rows can be found by: its keys, and indexes over all rows that are valid."""
    for kind in ("primary key", "unique", "index"):
        for found in snapshot.of_kind(kind):
            if found.key[:-1] != table or found.get("valid") == "false" or found.get("where"):
                continue
            text = found.get("definition")
            read = definitions.index(text) if text is not None and kind == "index" else None
            if read is None or read.where is None:
                yield found


def _elements(found: CatalogObject) -> list[str]:
    text = found.get("definition")
    if text is None:
        return list(Reader(found.get("columns") or "").parts())
    if found.kind == "index":
        index = definitions.index(text)
        return list(index.elements) if index is not None else []
    key = definitions.reference(text) if found.kind == "foreign key" else definitions.key(text)
    return [_quoted(name) for name in key.columns] if key is not None else []


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _leading(elements: list[str]) -> Iterator[str]:
    for element in elements:
        match = _COLUMN.match(element.strip())
        if match is None:
            return
        name = match["name"]
        quote = name[0] if name[0] in '"`' else ""
        yield name[1:-1].replace(quote * 2, quote) if quote else name
