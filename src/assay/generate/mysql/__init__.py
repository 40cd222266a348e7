"""What each kind of difference needs on MySQL and MariaDB, one file a kind."""

from __future__ import annotations

from assay.generate.mysql import (
    checks,
    columns,
    foreign_keys,
    indexes,
    primary_keys,
    sequences,
    table_options,
    tables,
    values,
    views,
)
from assay.generate.plugin import Cause

__all__ = ["CAUSES"]

CAUSES: tuple[Cause, ...] = (
    tables.steps,
    table_options.steps,
    columns.steps,
    values.steps,
    primary_keys.steps,
    indexes.steps,
    checks.steps,
    foreign_keys.steps,
    sequences.steps,
    views.steps,
)
