"""What a recipe knows of the database beside its operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assay.catalog import Snapshot

__all__ = ["Situation"]


@dataclass(frozen=True)
class Situation:
    """The database that an operation changes.

    :param version: of the server: ``(15, 4)``.
    :param before: the catalog before the change.
    :param tables: keys of the tables in use: those that are there before and after, and large
        enough to matter. One made in the same change is not "locked".
    :param rewrites: whether adding this column copies the table: tried on a shadow.
    """

    dialect: str
    version: tuple[int, ...]
    before: Snapshot
    tables: frozenset[tuple[str, ...]]
    default_schema: str | None = None
    rewrites: Callable[[Any], bool] = lambda _column: False

    def key(self, table: str, schema: str | None) -> tuple[str, ...]:
        """The key of a table's catalog object."""
        if self.default_schema is None:
            return (table,)
        return (schema or self.default_schema, table)

    def in_use(self, table: str | None, schema: str | None) -> bool:
        """Whether others wait for what is done to a table."""
        return table is not None and self.key(table, schema) in self.tables

    def plain_table(self, table: str, schema: str | None) -> bool:
        """Whether a table is one without partitions.

        A partitioned one takes neither ``CONCURRENTLY`` nor ``NOT VALID`` foreign keys
        (PostgreSQL 15, measured).
        """
        found = self.before.by_identity.get(("table", self.key(table, schema)))
        return found is not None and found.get("partition key") is None
