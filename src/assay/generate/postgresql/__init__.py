"""What each kind of difference needs on PostgreSQL, one file a kind."""

from __future__ import annotations

from assay.generate.plugin import Cause
from assay.generate.postgresql import (
    columns,
    constraints,
    dependents,
    domains,
    enums,
    foreign_keys,
    indexes,
    options,
    schemas,
    sequences,
    tables,
    values,
    views,
)

__all__ = ["CAUSES"]

CAUSES: tuple[Cause, ...] = (
    tables.steps,
    options.steps,
    constraints.steps,
    indexes.steps,
    foreign_keys.steps,
    views.steps,
    values.steps,
    columns.steps,
    enums.steps,
    domains.steps,
    sequences.steps,
    schemas.steps,
    dependents.steps,
)
