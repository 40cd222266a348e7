"""How a column numbers its rows: not at all, by a sequence it owns (SERIAL), by an identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alembic.operations import ops
from sqlalchemy import text

from assay.catalog import CatalogObject, Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.postgresql.sequence_texts import IdentityText, moved_limits, owned_sequence
from assay.generate.postgresql.sequences import create, drop, own
from assay.operations.identity import AddIdentityOp, AlterIdentityOp, DropIdentityOp
from assay.operations.sequences import RenameSequenceOp
from assay.operations.statements import escaped

__all__ = ["Numbering", "numbering", "usual_sequence"]

Made = ops.MigrateOperation


@dataclass(frozen=True)
class Numbering:
    """What changes how rows are numbered.

    :param stop: runs while the column still has its old type and nullability.
    :param start: runs when the column has its new ones.
    """

    stop: tuple[Made, ...] = ()
    start: tuple[Made, ...] = ()
    altered: tuple[Made, ...] = ()


def numbering(
    c: Comparison, one: tuple[Snapshot, CatalogObject], other: tuple[Snapshot, CatalogObject]
) -> Numbering:
    """From one catalog's column to the other's; both ways."""
    before, after = _kind(*one), _kind(*other)
    if before == after:
        if before == "identity":
            return Numbering(altered=tuple(_altered(c, one[1], other[1])))
        return Numbering()
    return Numbering(tuple(_stop(c, *one)), tuple(_start(c, *other)))


def _kind(side: Snapshot, column: CatalogObject) -> str:
    if column.get("identity") is not None:
        return "identity"
    return "serial" if owned_sequence(side, column) is not None else "plain"


def _stop(c: Comparison, side: Snapshot, column: CatalogObject) -> list[Made]:
    table, name, schema = column.key[1], column.key[2], c.schema_of(column.key)
    kind = _kind(side, column)
    if kind == "identity":
        return [DropIdentityOp(table, name, schema=schema)]
    sequence = owned_sequence(side, column)
    if sequence is None:
        return []
    none = ops.AlterColumnOp(table, name, schema=schema, modify_server_default=None)
    return [none, *drop(c, sequence)]


def _start(c: Comparison, side: Snapshot, column: CatalogObject) -> list[Made]:
    table, name, schema = column.key[1], column.key[2], c.schema_of(column.key)
    sequence = owned_sequence(side, column)
    if _kind(side, column) == "identity":
        found = IdentityText.of(column)
        options: dict[str, Any] = dict(found.said)
        if found.sequence != usual_sequence(column):
            options = {"sequence_name": found.sequence[1], **options}
        always = column.get("identity") == "always"
        return [AddIdentityOp(table, name, always, schema, **options)]
    if sequence is None:
        return []
    default = text(escaped(column.get("default") or ""))
    return [
        *create(c, sequence),
        ops.AlterColumnOp(table, name, schema=schema, modify_server_default=default),
        *own(c, sequence),
    ]


def _altered(c: Comparison, old: CatalogObject, new: CatalogObject) -> list[Made]:
    one, other = IdentityText.of(old), IdentityText.of(new)
    # the sequence follows the column's type, and its limits that of the type
    was = moved_limits(one.type, other.type, one.options)
    options = {n: v for n, v in other.options.items() if was[n] != v}
    always = None
    if old.get("identity") != new.get("identity"):
        always = new.get("identity") == "always"
    made: list[Made] = _sequence_renamed(c, old, new)
    if options or always is not None:
        table, name = new.key[1], new.key[2]
        made.append(AlterIdentityOp(table, name, always, c.schema_of(new.key), **options))
    return made


def _sequence_renamed(c: Comparison, old: CatalogObject, new: CatalogObject) -> list[Made]:
    """What gives the sequence of an identity column the name it shall have."""
    if old.get("identity") is None or new.get("identity") is None:
        return []
    before, after = IdentityText.of(old).sequence, IdentityText.of(new).sequence
    if before == after:
        return []
    return [RenameSequenceOp(before[1], after[1], c.schema_of(after))]


def usual_sequence(column: CatalogObject) -> tuple[str, ...]:
    """The name that the server gives the sequence of a column."""
    schema, table, name = column.key
    return (schema, f"{table}_{name}_seq")
