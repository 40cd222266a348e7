"""What both functions of a revision made, line by line: operations, and statements with their effects."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass

from alembic.operations import ops
from sqlalchemy.sql.elements import conv

from assay.catalog import Change, Difference, Snapshot

__all__ = ["Happened", "Ran", "named_as", "named_operations_of", "operations_of"]


@dataclass(frozen=True)
class Happened:
    """One thing that a line of a function made: an operation, or a statement with its effect.

    :param line: of the function itself, whoever it called.
    :param touched: tables, as people write them, that it locked, or whose rows it changed.
    :param counts: the server counted rows for it, be it none: it is about rows, not a setting.
    :param limits: it set how long a lock is waited for, and did nothing else.
    :param outside: it ran outside of a transaction.
    """

    line: int | None
    operation: ops.MigrateOperation | None = None
    differences: tuple[Difference, ...] = ()
    changed_catalog: bool = False
    touched: frozenset[str] = frozenset()
    counts: bool = False
    limits: bool = False
    outside: bool = False


@dataclass(frozen=True)
class Ran:
    """What both functions of a revision made, in order, and the catalogs around them."""

    up: tuple[Happened, ...]
    down: tuple[Happened, ...]
    before: Snapshot
    after: Snapshot


def operations_of(happened: Iterable[Happened]) -> list[ops.MigrateOperation]:
    """The operations among what happened, in order."""
    return [one.operation for one in happened if one.operation is not None]


def named_operations_of(happened: Iterable[Happened]) -> list[ops.MigrateOperation]:
    """The same, each constraint with the name that the server has it by."""
    found: list[tuple[ops.MigrateOperation, list[Difference]]] = []
    for one in happened:
        if one.operation is not None:
            found.append((one.operation, []))
        elif found:
            found[-1][1].extend(one.differences)
    return [named_as(op, [(d.identity, d.change) for d in made]) for op, made in found]


_CONSTRAINTS = ("check", "foreign key", "unique", "primary key")


def named_as(
    op: ops.MigrateOperation, makes: Iterable[tuple[tuple[str, tuple[str, ...]], Change]]
) -> ops.MigrateOperation:
    """A constraint's operation with the name that the server has it by.

    Another one than is written where a naming convention, or the server, gave it. A foreign key without
    a name keeps none where the server made an index for it: that would be named as the key, otherwise
    it is named as a column (MariaDB 10.11, measured). MariaDB and MySQL name every primary key PRIMARY, and
    take no constraint that is to be named so (error 1280).
    """
    if not isinstance(op, (ops.AddConstraintOp, ops.DropConstraintOp)):
        return op
    makes = list(makes)
    wanted = Change.REMOVED if isinstance(op, ops.DropConstraintOp) else Change.ADDED
    if isinstance(op, ops.CreateForeignKeyOp) and "index" in {kind for (kind, _), _ in makes}:
        return op
    found = [key[-1] for (kind, key), change in makes if kind in _CONSTRAINTS and change is wanted]
    if len(found) != 1 or found[0] == getattr(op, "constraint_name", None):
        return op
    if isinstance(op, ops.CreatePrimaryKeyOp) and found == ["PRIMARY"]:
        return op
    named = copy(op)
    vars(named)["constraint_name"] = conv(found[0])
    return named
