"""The safe form of an operation on a table in use: one recipe, one file.

A recipe is a function of one of Alembic's operations, wherever it comes from: a plan, or a revision
whose operations were captured. It gives operations that run outside of a transaction and can be run
again, or None: the operation is harmless as it is, or has no safe form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from alembic.operations import ops

from assay.generate.recipes import (
    added_columns,
    backfills,
    checks,
    enum_values,
    fills,
    foreign_keys,
    index_drops,
    indexes,
    not_null,
    primary_keys,
    quick,
    swaps,
    unique_constraints,
)
from assay.generate.recipes.situation import Situation

__all__ = ["Situation", "has_safe_forms", "quick_form", "safe_form"]

Recipe = Callable[[Any, Situation], "Sequence[ops.MigrateOperation] | None"]

_RECIPES: tuple[tuple[type[ops.MigrateOperation], Recipe], ...] = tuple(
    (kind, module.recipe)
    for module in (
        indexes,
        index_drops,
        foreign_keys,
        checks,
        unique_constraints,
        primary_keys,
        not_null,
        added_columns,
        enum_values,
        fills,
        backfills,
        swaps,
    )
    for kind in module.KINDS
)


def has_safe_forms(dialect: str) -> bool:
    """Whether anything can be done online at all; SQLite locks the file for each change."""
    return dialect in ("postgresql", "mysql", "mariadb")


def safe_form(op: ops.MigrateOperation, situation: Situation) -> list[ops.MigrateOperation] | None:
    """The safe form of an operation, to be run outside of a transaction.

    :returns: None where it stays as it is.
    """
    if situation.dialect != "postgresql" and not isinstance(op, ops.ExecuteSQLOp):
        return None
    for kind, recipe in _RECIPES:
        if isinstance(op, kind):
            found = recipe(op, situation)
            return None if found is None else list(found)
    return None


def quick_form(op: ops.MigrateOperation) -> list[ops.MigrateOperation] | None:
    """What an operation without a recipe is among those that run outside of a transaction.

    :returns: None where it must be in a transaction with others.
    """
    return quick.form(op)
