"""Whether a statement was made by an operation, Alembic's or ours, or is somebody's own text."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["made_by_operation"]

_ALEMBIC = ("alembic/operations/toimpl.py", "alembic/operations/batch.py")
_OPERATIONS = str(Path(__file__).parent.parent / "operations")


def made_by_operation(context: Any) -> bool:
    """Whether an operation rendered the statement that runs, as against SQL text and metadata calls.

    :param context: SQLAlchemy's ``ExecutionContext`` of it; the calling stack is looked at.
    """
    from sqlalchemy.schema import DDL
    from sqlalchemy.sql.ddl import DDLElement

    element = getattr(getattr(context, "compiled", None), "statement", None)
    rendered = isinstance(element, DDLElement) and not isinstance(element, DDL)
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_OPERATIONS):
            return True
        # op.execute: somebody's own text, unless one of our operations is what calls it
        if rendered and name.endswith(_ALEMBIC) and frame.f_code.co_name != "execute_sql":
            return True
        frame = frame.f_back
    return False
