"""From what a person said and what the models say: which renames to make, and what must be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assay.catalog import CatalogObject, Snapshot
from assay.generate.answers import Answers
from assay.generate.candidates import columns_gone, labels_gone, tables_gone
from assay.generate.declared import declared_columns, declared_tables, key_of
from assay.generate.misnamed import stale_text
from assay.generate.names import Key, Names
from assay.generate.question import Question
from assay.generate.renames_made import renames_in
from assay.generate.required import becoming_required, not_required
from assay.generate.resolution import Resolution

if TYPE_CHECKING:
    from sqlalchemy import MetaData

__all__ = ["Resolved", "applicable", "default_schema_of", "renames_in", "resolve", "stale_in"]

Order = Callable[[Key], Sequence[str]]
"""Names of an old table's columns in their order."""


@dataclass(frozen=True)
class Resolved:
    """What is known of the renames of a change.

    :param answers: every name as the catalogs have it: tables and columns of ``tables``,
        ``columns``, ``values`` under their old names, ``backfill``, ``drop`` and ``given`` under the
        new ones.
    :param questions: what only a person can tell.
    :param stale: ``renamed_from`` of models that the chain has behind it, a sentence each.
    :param required: columns that become required, as far as the renames are known.
    """

    answers: Answers
    questions: tuple[Question, ...] = ()
    stale: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


def resolve(
    old: Snapshot,
    new: Snapshot,
    metadatas: Iterable[MetaData],
    answers: Answers,
    *,
    default_schema: str | None = None,
    ignore: Callable[[CatalogObject], bool] = lambda _found: False,
    order: Order = lambda _table: (),
) -> Resolved:
    """Tell what was said apart, by the catalogs before and after; find what was not said.

    :param old: the catalog at head.
    :param new: the catalog of the models.
    :param default_schema: ``public`` on PostgreSQL unless it says otherwise.
    :raises UsageError: an answer, or ``renamed_from`` in the models, names what is not there.
    """
    default = default_schema or default_schema_of(old)
    models = {key_of(t, default): t for m in metadatas for t in m.tables.values()}
    found = Resolution(Names(old, default), Names(new, default), models, answers)
    said = found.answers()
    questions: list[Question] = []
    if not answers.decided:

        def positions(side: str, table: Key) -> Sequence[str]:
            if side == "old":
                return order(table)
            return [str(c.name) for c in models[table].columns] if table in models else ()

        questions += tables_gone(found.old, found.new, said, ignore)
        questions += columns_gone(found.old, found.new, said, ignore, positions)
        questions += labels_gone(found.old, found.new, said, found.values_of)
    required = becoming_required(found.old, found.new, said, ignore)
    for name in said.given:
        if name not in required:
            raise not_required(name, required)
    return Resolved(said, tuple(questions), tuple(found.stale), required)


def stale_in(
    old: Snapshot, metadatas: Iterable[MetaData], default_schema: str | None = None
) -> tuple[str, ...]:
    """``renamed_from`` of models that the chain has behind it, a sentence each."""
    default = default_schema or default_schema_of(old)
    names = Names(old, default)
    models = {key_of(t, default): t for m in metadatas for t in m.tables.values()}
    tables = list(declared_tables(models, names))
    moved = {d.new: d.old for d in tables if d.old is not None and not d.done}
    columns = declared_columns(models, names, moved)
    return tuple(stale_text(d, names) for d in (*tables, *columns) if d.done)


def applicable(
    answers: Answers,
    old: Snapshot,
    new: Snapshot,
    ignore: Callable[[CatalogObject], bool] = lambda _found: False,
) -> Answers:
    """Answers of an earlier generation that still make sense; the models may have changed since."""
    default = default_schema_of(old)
    before, after = Names(old, default), Names(new, default)
    tables = {k: v for k, v in answers.tables.items() if k in before.tables and v in after.tables}

    def now(name: str, column: str) -> bool:
        table = name.rpartition(".")[0]
        return f"{tables.get(table, table)}.{column}" in after.columns

    columns = {k: v for k, v in answers.columns.items() if k in before.columns and now(k, v)}
    kept = replace(
        answers,
        drop=tuple(n for n in answers.drop if n not in after.columns and n not in after.tables),
        tables=tables,
        columns=columns,
        values={k: v for k, v in answers.values.items() if k in before.columns},
    )
    required = becoming_required(before, after, kept, ignore)
    return replace(kept, given=tuple(n for n in answers.given if n in required))


def default_schema_of(snapshot: Snapshot) -> str | None:
    """The schema that names leave out, None for servers whose keys have no schema."""
    return "public" if snapshot.dialect == "postgresql" else None
