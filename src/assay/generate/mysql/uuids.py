"""A native UUID that becomes its 32 digits, which ``MODIFY`` refuses.

MariaDB writes one as 36 characters wherever it becomes text (documentation of the UUID data type);
SQLAlchemy keeps it as CHAR(32) where ``native_uuid=False``. The other way ``MODIFY`` reads both.
"""

from __future__ import annotations

import re

from alembic.operations import ops
from sqlalchemy import CHAR, Column

from assay.catalog import CatalogObject
from assay.generate.plan.comparison import Comparison
from assay.operations.modify_column import ModifyColumnOp
from assay.operations.statements import escaped
from assay.project.compat.constructs import doubles_percents

__all__ = ["without_hyphens"]

_DIGITS = re.compile(r"(?:var)?char\(3[2-5]\)")


def without_hyphens(
    c: Comparison, old: CatalogObject, new: CatalogObject
) -> list[ops.MigrateOperation]:
    """What comes before the column gets the type for the digits alone; nothing for other types."""
    if old.get("type") != "uuid" or not _DIGITS.fullmatch(new.get("type") or ""):
        return []
    table, name = new.key
    quote = c.dialect.identifier_preparer.quote
    sql = f"UPDATE {quote(table)} SET {quote(name)} = replace({quote(name)}, '-', '')"
    if doubles_percents(c.dialect):
        sql = sql.replace("%%", "%")
    wide = Column(name, CHAR(36), nullable=True)
    return [ModifyColumnOp(table, wide), ops.ExecuteSQLOp(escaped(sql))]
