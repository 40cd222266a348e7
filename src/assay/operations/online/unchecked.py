"""MySQL and MariaDB: a foreign key added while no row is looked at; then they are, and nobody waits.

With ``foreign_key_checks = 1`` the server copies the table, and writes wait; with 0 it adds the key in
place, ``LOCK=NONE``. From then on it checks what other sessions write (MariaDB 10.11, measured; MySQL
docs, "Online DDL operations").
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy import ForeignKeyConstraint, text
from sqlalchemy.exc import DBAPIError

from assay.operations.online.looking import answer
from assay.operations.online.there import Place, constraint_made, named_in
from assay.operations.online.waiting import PAUSE, TRIES
from assay.operations.statements import escaped, named, run

if TYPE_CHECKING:
    from alembic.operations import Operations, ops

__all__ = ["add_unchecked", "unchecked"]

_TOLD = 5
"""Values without a parent that an error tells of."""
_LOCK_WAIT_TIMEOUT = 1205


def add_unchecked(operations: Operations, plain: ops.CreateForeignKeyOp) -> None:
    """Add a foreign key without a look at the rows; then look at them, and take it back if one breaks it.

    Run again, it looks again. It asks for the privilege LOCK TABLES. In a script (``--sql``) the look is
    a statement that raises, and the key stays.

    :raises CommandError: rows have no parent; the key is gone again.
    :raises sqlalchemy.exc.DBAPIError: the server refuses the key.
    """
    context = operations.get_context()
    child, parent = _places(plain)
    if context.as_sql or context.connection is None:
        with unchecked(operations):
            operations.invoke(plain)
        some = f"SELECT 1 {_without_parent(operations, plain)}"
        two = "(SELECT 'has rows without a parent' UNION ALL SELECT 2)"  # of which it takes one
        run(operations, f"SELECT CASE WHEN EXISTS ({some}) THEN {two} END")
        return
    impl = context.impl
    # unchecked, one to a table that is not there would be taken as well
    answer(operations, _columns_of(operations, plain))
    key = plain.to_constraint(context)
    assert isinstance(key, ForeignKeyConstraint)
    indexes = {*named_in(impl, child, "indexes")}
    if not constraint_made(impl, key):
        with unchecked(operations):
            operations.invoke(plain)
    try:
        if parent != child:
            _after_writers(operations, parent)
        run(operations, "COMMIT")  # the look is at what is committed by now
        broken = _broken(operations, plain)
        run(operations, "COMMIT")
    except Exception:
        with suppress(Exception):  # what went wrong is what is told
            _take_back(operations, plain, indexes)
        raise
    if broken:
        _take_back(operations, plain, indexes)
        raise CommandError(
            f"{plain.constraint_name} was not added: rows of {plain.source_table} refer to rows that "
            f"{plain.referent_table} has not: {_told(plain.local_cols, broken)}. Insert those, or "
            "change the rows; then run it again."
        )


def _places(plain: ops.CreateForeignKeyOp) -> tuple[Place, Place]:
    """The table of the key, and the one that it refers to."""
    return (
        (plain.source_table, plain.kw.get("source_schema")),
        (plain.referent_table, plain.kw.get("referent_schema")),
    )


@contextmanager
def unchecked(operations: Operations) -> Iterator[None]:
    """Within, a foreign key is added without a look at the rows."""
    context = operations.get_context()
    if context.as_sql or context.connection is None:
        run(operations, "SET @assay_checks = @@foreign_key_checks, foreign_key_checks = 0")
        yield
        run(operations, "SET foreign_key_checks = @assay_checks")
        return
    with _set_to(operations, "foreign_key_checks", 0):
        yield


@contextmanager
def _set_to(operations: Operations, name: str, value: int) -> Iterator[None]:
    """A variable of the session, put back to what it was."""
    before = int(answer(operations, f"SELECT @@SESSION.{name} AS found").found)
    run(operations, f"SET SESSION {name} = {value}")
    try:
        yield
    except BaseException:
        with suppress(Exception):  # what went wrong is what is told
            run(operations, f"SET SESSION {name} = {before}")
        raise
    run(operations, f"SET SESSION {name} = {before}")


def _after_writers(operations: Operations, parent: Place) -> None:
    """Wait for transactions that wrote to the parent before the key was there.

    One that deleted a row then, and commits after the look, would leave rows without it: MariaDB 10.11
    adds the key while it is open (measured). Who comes meanwhile waits a second at most, as often as
    this is tried.

    :raises sqlalchemy.exc.DBAPIError: one is still open after all tries.
    """
    with _set_to(operations, "lock_wait_timeout", 1):
        for left in reversed(range(TRIES)):
            try:
                run(operations, f"LOCK TABLES {named(operations, *parent)} READ")
                break
            except DBAPIError as error:
                if not left or error.orig is None or _LOCK_WAIT_TIMEOUT not in error.orig.args:
                    raise
                time.sleep(PAUSE)
        run(operations, "UNLOCK TABLES")


def _columns_of(operations: Operations, plain: ops.CreateForeignKeyOp) -> str:
    _, parent = _places(plain)
    columns = ", ".join(named(operations, name) for name in plain.remote_cols)
    return escaped(f"SELECT {columns} FROM {named(operations, *parent)} LIMIT 0")


def _without_parent(operations: Operations, plain: ops.CreateForeignKeyOp) -> str:
    """``FROM child WHERE …``: rows that refer to none. One NULL, and a row refers to nothing."""
    child, parent = _places(plain)
    held = [f"c.{named(operations, name)}" for name in plain.local_cols]
    keys = [f"p.{named(operations, name)}" for name in plain.remote_cols]
    refers = " AND ".join(f"{one} IS NOT NULL" for one in held)
    same = " AND ".join(f"{key} = {one}" for key, one in zip(keys, held, strict=True))
    found = f"SELECT 1 FROM {named(operations, *parent)} p WHERE {same}"
    return f"FROM {named(operations, *child)} c WHERE {refers} AND NOT EXISTS ({found})"


def _broken(operations: Operations, plain: ops.CreateForeignKeyOp) -> Sequence[Any]:
    """Values without a parent, each with the number of its rows; one more than are told."""
    connection = operations.get_context().connection
    assert connection is not None
    held = ", ".join(f"c.{named(operations, name)}" for name in plain.local_cols)
    without = _without_parent(operations, plain)
    sql = f"SELECT {held}, COUNT(*) {without} GROUP BY {held} LIMIT {_TOLD + 1}"
    return connection.execute(text(escaped(sql))).all()


def _told(columns: Sequence[str], broken: Sequence[Any]) -> str:
    """``user_id = 9 (2 rows)``."""
    found = []
    for *values, count in broken[:_TOLD]:
        pairs = " and ".join(f"{c} = {v}" for c, v in zip(columns, values, strict=True))
        found.append(f"{pairs} ({count} row{'s' if count != 1 else ''})")
    return ", ".join([*found, *(["and more"] if len(broken) > _TOLD else [])])


def _take_back(operations: Operations, plain: ops.CreateForeignKeyOp, indexes: set[str]) -> None:
    """Drop the key, with the index that the server made for it.

    :param indexes: those that were there before.
    """
    child, _ = _places(plain)
    impl, name = operations.get_context().impl, str(plain.constraint_name)
    drops = [f"DROP FOREIGN KEY {named(operations, name)}"]
    made = {*named_in(impl, child, "indexes")} - indexes
    drops += [f"DROP INDEX {named(operations, index)}" for index in sorted(made)]
    run(operations, f"ALTER TABLE {named(operations, *child)} {', '.join(drops)}")
