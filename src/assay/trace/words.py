"""What a statement was seen to do, in words."""

from __future__ import annotations

from collections.abc import Iterator

from assay.dialects import Lock, Observation
from assay.trace.effects import StatementEffect

__all__ = ["in_words", "transaction_of", "waits"]

_WITH_ROWS = ("table", "materialized view", "foreign table")


def in_words(observed: Observation) -> tuple[str, ...]:
    """One line for each thing that matters to who works on the database meanwhile."""
    return tuple(_lines(observed))


def transaction_of(statement: StatementEffect) -> str:
    """Where a statement ran: ``transaction 2``, ``in a transaction of its own`` …"""
    if statement.elsewhere:
        return "on a connection of its own"
    if statement.autocommit or statement.observed.transaction is None:
        return "in a transaction of its own"
    return f"transaction {statement.observed.transaction}"


def waits(lock: Lock) -> str:
    """What waits behind a lock: ``reads and writes wait``."""
    if not lock.blocks:
        return "nothing waits"
    return f"{' and '.join(lock.blocks)} wait"


def _lines(observed: Observation) -> Iterator[str]:
    form = observed.form
    if form is not None and form.algorithm is not None:
        lock = f", LOCK={form.lock}" if form.lock else ""
        behind = "writes wait" if form.blocks_writes else "reads and writes go on"
        yield f"ALGORITHM={form.algorithm}{lock}: {behind}"
    else:
        for each in observed.locks:
            if each.blocks and each.kind in _WITH_ROWS:
                yield f"{each.mode} on {each.relation}: {waits(each)}"
    rewritten = [name for name in observed.rewritten if name not in observed.emptied]
    locks = (*observed.locks, *observed.held)
    locked = {each.relation for each in locks if each.kind not in _WITH_ROWS}
    tables = [name for name in rewritten if name not in locked]
    if tables:
        yield f"rewrites {_listed(tables)}"
    if observed.emptied:
        yield f"empties {_listed(observed.emptied)}"
    for name, change in sorted(observed.rows.items()):
        verbs = {"inserts": change.inserted, "updates": change.updated, "deletes": change.deleted}
        for verb, count in verbs.items():
            if count:
                yield f"{verb} rows of {name}"
    read = [name for name in observed.scanned if name not in observed.rewritten]
    if read and (observed.locks or observed.held):
        yield f"reads all of {_listed(read)}"
    if tables or read:
        held: dict[str, list[Lock]] = {}
        for each in observed.held:
            if each.blocks and each.kind in _WITH_ROWS:
                held.setdefault(each.mode, []).append(each)
        for mode, each_held in held.items():
            names = _listed([each.relation for each in each_held])
            yield f"{mode} on {names} is still held: {waits(each_held[0])}"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(sorted(names))
