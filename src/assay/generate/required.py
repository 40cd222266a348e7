"""Columns that become required: NOT NULL from a change on, and without a default in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from assay.catalog import CatalogObject
from assay.errors import UsageError
from assay.generate.answers import Answers
from assay.generate.names import Key, Names

__all__ = ["VALUES", "becoming_required", "must_be_given", "not_required"]

VALUES = ("default", "identity", "generated", "autoincrement")
"""Attributes of a column by which the database gives a value itself."""


def must_be_given(column: CatalogObject) -> bool:
    """Whether an INSERT that leaves the column out fails."""
    has = any(column.get(name) not in (None, "NULL") for name in VALUES)
    return column.get("not null") == "true" and not has


def becoming_required(
    old: Names,
    new: Names,
    answers: Answers,
    ignore: Callable[[CatalogObject], bool] = lambda _found: False,
) -> tuple[str, ...]:
    """Columns that INSERTs could leave out until a change, and cannot after it, by their new names.

    Whether a release that runs does leave one out, no catalog knows: a person is asked. A new table
    has no such release.

    :param old: the catalog before the change.
    :param new: the catalog of the models.
    :param answers: the renames, by the catalogs' names.
    """
    return tuple(_becoming(old, new, answers, ignore))


def not_required(name: str, required: Sequence[str]) -> UsageError:
    """The error for an answer about another column than these."""
    return UsageError(
        f"--given {name}: that column does not become required in this change.",
        next_step="Columns that do: " + (", ".join(required) or "none") + ".",
    )


def _becoming(
    old: Names, new: Names, answers: Answers, ignore: Callable[[CatalogObject], bool]
) -> Iterator[str]:
    for table in dict.fromkeys(new.tables.values()):
        before = _before(old, new, table, answers)
        if before is None:
            continue
        columns, name = old.columns_of(before), old.text(before)
        renamed = {
            answers.columns[target]: column
            for column in columns
            if (target := f"{name}.{column}") in answers.columns
        }
        for column, now in new.columns_of(table).items():
            was = columns.get(renamed.get(column, column))
            if column not in renamed and f"{name}.{column}" in answers.columns:
                was = None  # whoever was called so is called something else
            if must_be_given(now) and not (was and must_be_given(was)) and not ignore(now):
                yield new.text(now.key)


def _before(old: Names, new: Names, table: Key, answers: Answers) -> Key | None:
    """The table as it was; None where it is new."""
    for before, after in answers.tables.items():
        if after == new.text(table):
            return old.tables.get(before)
    there = ("table", table) in old.snapshot.by_identity
    return table if there and old.text(table) not in answers.tables else None
