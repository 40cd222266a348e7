"""A CHECK added ``NOT VALID``, then validated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import TextClause

from assay.generate.recipes.situation import Situation
from assay.operations.online.constraints import CheckOnlineOp
from assay.operations.statements import escaped

__all__ = ["KINDS", "recipe"]

KINDS = (ops.CreateCheckConstraintOp,)


def recipe(op: ops.CreateCheckConstraintOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """``ADD CHECK`` blocks everybody while every row is checked."""
    if op.constraint_name is None or op.kw.get("postgresql_not_valid"):
        return None
    if not on.in_use(op.table_name, op.schema):
        return None
    condition = _text(op.condition)
    return [CheckOnlineOp(str(op.constraint_name), op.table_name, condition, op.schema)]


def _text(condition: Any) -> str:
    """A condition as ``sqlalchemy.text`` takes it."""
    if isinstance(condition, str):
        return condition
    if isinstance(condition, TextClause):
        return condition.text
    dialect: Any = postgresql.dialect
    compiled = condition.compile(
        dialect=dialect(paramstyle="named"), compile_kwargs={"literal_binds": True}
    )
    return escaped(str(compiled))
