"""What every run of a revision on a shadow begins with: its connection, and rows made there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from assay.project.compat.alembic import end_external_transaction
from assay.shadow.reading import connection_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

__all__ = ["Fill", "filled"]

Fill = Callable[["MigrationContext"], object]
"""Makes rows on a context's connection."""


def filled(context: MigrationContext, fill: Fill | None) -> Connection:
    """Alembic's connection, no transaction open on it, with the rows that ``fill`` makes."""
    end_external_transaction(context)
    connection: Connection = connection_of(context)
    if fill is not None:
        fill(context)
        connection.commit()
    return connection
