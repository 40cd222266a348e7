"""Generated columns: they are made after the columns they are computed from, and dropped before.

PostgreSQL up to 16 cannot give one another expression, nor alter what one is computed from.
"""

from __future__ import annotations

from assay.catalog import CatalogObject, Snapshot
from assay.generate.postgresql.tokens import Reader

__all__ = ["depth", "is_remade", "mentioned_columns"]

_DEFINING = ("type", "collation", "generated", "generated kind")


def mentioned_columns(sql: str) -> set[str]:
    """Names in an expression over one table's row; some may be of functions and types."""
    return {
        token[1:-1].replace('""', '"') if token.startswith('"') else token
        for token, _, _ in Reader(sql).tokens()
    }


def is_remade(old: CatalogObject, new: CatalogObject) -> bool:
    """Whether a generated column is dropped and made again."""
    if old.get("generated") is None or new.get("generated") is None:
        return False
    return any(old.get(name) != new.get(name) for name in _DEFINING)


def depth(side: Snapshot, column: CatalogObject) -> int:
    """How many generated columns stand between one and plain ones."""
    names = mentioned_columns(column.get("generated") or "")
    below = [
        o
        for o in side.of_kind("column")
        if o.key[:2] == column.key[:2]
        and o.get("generated") is not None
        and o.key != column.key
        and o.key[2] in names
    ]
    # PostgreSQL has none over another, so this ends at once there
    return 1 + max((depth(side, o) for o in below), default=0)
