"""Backfill slots: where existing rows need a value, generation leaves a marked place for it.

A new NOT NULL column without a server default becomes: add it nullable, fill it, set NOT NULL. A
column that becomes NOT NULL gets its slot before that. So does the downgrade of a dropped NOT NULL
column, which comes back without its values. Marked by comments, so that the revision stays plain
Alembic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import ops

from assay.catalog import Snapshot
from assay.errors import UsageError
from assay.generate.updates import Backfill
from assay.project.revision_file import SLOT_END, SLOT_START

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.engine import Dialect

__all__ = ["BackfillOp", "backfill_body", "executed", "slots_in", "stamped", "written"]


class BackfillOp(ops.MigrateOperation):
    """A marked slot; executing it does nothing.

    :param alone: nothing else is in the function, which needs a statement while the slot is empty.
    """

    def __init__(self, table: str, column: str, schema: str | None, *, alone: bool = False) -> None:
        self.table, self.column, self.schema = table, column, schema
        self.alone = alone

    @property
    def target(self) -> str:
        """``table.column``, with its schema where it has one."""
        return ".".join(p for p in (self.schema, self.table, self.column) if p)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("assay_backfill", self.schema, self.table, self.column)


@renderers.dispatch_for(BackfillOp)
def _render(_context: AutogenContext, op: BackfillOp) -> list[str]:
    return [f"{SLOT_START} {op.target}", SLOT_END, *(["pass"] if op.alone else [])]


def slots_in(operations: ops.OpContainer) -> Iterator[BackfillOp]:
    """The slots among operations, in the order they run."""
    for op in operations.ops:
        if isinstance(op, BackfillOp):
            yield op
        elif isinstance(op, ops.OpContainer):
            yield from slots_in(op)


def stamped(target: str, *sides: Snapshot) -> tuple[str, ...]:
    """Other columns of a slot's table that MySQL sets at each UPDATE, ``ON UPDATE CURRENT_TIMESTAMP``.

    :param sides: catalogs that they must all be in.
    """
    *_, table, column = target.split(".")
    found = [
        {o.key[1] for o in side.of_kind("column") if o.key[0] == table and o.get("on update")}
        for side in sides
    ]
    return tuple(sorted(set.intersection(*found) - {column})) if found else ()


def backfill_body(
    target: str, expression: str, dialect: Dialect, still: Iterable[str] = ()
) -> list[str]:
    """The lines of a slot that fill one column by an SQL expression over the row.

    :param still: columns that are set to what they are, since the server would change them.
    """
    *schema, table, column = target.split(".")
    if len(schema) > 1:
        raise UsageError(
            f"{target!r} is not table.column or schema.table.column.",
            next_step='Write --backfill users.email="…".',
        )
    filled = Backfill(table, column, expression, None, schema[0] if schema else None, tuple(still))
    return [executed(filled, dialect)]


def executed(filled: Backfill, dialect: Dialect) -> str:
    """A backfill as one ``UPDATE``, a line of Python."""
    preparer = dialect.identifier_preparer
    # a driver's "%%"; op.execute makes it so once more
    doubles = "%%" in preparer.quote("%")

    def quote(part: str) -> str:
        return preparer.quote(part).replace("%%", "%") if doubles else preparer.quote(part)

    name = ".".join(quote(part) for part in (filled.schema, filled.table) if part)
    column = quote(filled.column)
    values = [f"{column} = {filled.expression}"]
    values += [f"{quote(c)} = {quote(c)}" for c in filled.unchanged]
    where = f" AND ({filled.where})" if filled.where else ""
    sql = f"UPDATE {name} SET {', '.join(values)} WHERE {column} IS NULL{where}"
    return f"op.execute({written(_without_binds(sql))})"


def _without_binds(sql: str) -> str:
    """``op.execute`` takes ``:name`` for a parameter; a colon before a word is escaped."""
    import re

    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", sql)


def written(text: str) -> str:
    """A text as Python, in double quotes where nothing speaks against them."""
    if '"' not in text and "\n" not in text and "\\" not in text:
        return f'"{text}"'
    return repr(text)
