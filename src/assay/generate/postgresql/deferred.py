"""Constraints that are checked at the end of the transaction: too late where DDL follows."""

from __future__ import annotations

from alembic.operations import ops

from assay.catalog import CatalogObject
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.postgresql import definitions
from assay.operations.check_deferred import CheckDeferredOp

__all__ = ["checked_now"]


def checked_now(c: Comparison, table: TableKey) -> list[ops.MigrateOperation]:
    """What has to stand between a change of a table's rows and a change of the table."""
    if any(
        _waits(found, table) for side in (c.old, c.new) for found in side.of_kind("foreign key")
    ):
        return [CheckDeferredOp()]
    return []


def _waits(found: CatalogObject, table: TableKey) -> bool:
    text = found.get("definition") or ""
    if "INITIALLY DEFERRED" not in text:
        return False
    key = definitions.reference(text)
    return table in (found.key[:2], key.table if key is not None else None)
