"""What each kind of difference needs on SQLite, one file a kind."""

from __future__ import annotations

from assay.generate.plugin import Cause
from assay.generate.sqlite import altered_tables, indexes, tables, views

__all__ = ["CAUSES"]

CAUSES: tuple[Cause, ...] = (tables.steps, altered_tables.steps, indexes.steps, views.steps)
