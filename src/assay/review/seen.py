"""What rules ask of effects: which lock a table was under while a statement worked, what was added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.catalog import CatalogObject, Change, Difference, compare
from assay.dialects import Lock, OnlineForm
from assay.review.parts import columns_of
from assay.review.rule import Identity, RuleContext
from assay.trace.effects import OperationEffect, StatementEffect

__all__ = [
    "added_unchecked",
    "altered",
    "behind",
    "bound",
    "changed",
    "is_away",
    "locked",
    "made",
    "relation_of",
    "retyped",
    "statement_by_statement",
    "told_by_constraint",
    "under",
    "validated",
    "why_not_online",
]


def relation_of(found: CatalogObject) -> str:
    """The table that an object is or is in, as observations name it."""
    key = found.key
    if found.kind in ("table", "view", "materialized view"):
        return found.name
    # what has a name of its own ends its key with it
    owner = key[:-1]
    return ".".join(owner[1:] if len(owner) > 1 and owner[0] == "public" else owner)


def changed(operation: OperationEffect, change: Change, *kinds: str) -> Iterator[CatalogObject]:
    """What an operation added, removed or altered (then as it is after it)."""
    for difference in operation.differences:
        if difference.change is change and difference.object.kind in kinds:
            yield difference.after or difference.object


def made(operation: OperationEffect, *kinds: str) -> Iterator[CatalogObject]:
    """Constraints that an operation added, also in the place of one of the same name."""
    yield from changed(operation, Change.ADDED, *kinds)
    looked_at = {found.identity for found in validated(operation)}
    for found in changed(operation, Change.ALTERED, *kinds):
        if found.identity not in looked_at:
            yield found


def under(
    operation: OperationEffect, relation: str, what: str = "writes"
) -> tuple[StatementEffect, Lock] | None:
    """The lock on a table, of this operation or held from before, behind which reads or writes wait.

    None where nothing waits: the table is new, or the statement has an online form.
    """
    for statement in operation.statements:
        observed = statement.observed
        for lock in (*observed.locks, *observed.held):
            if lock.relation == relation and what in lock.blocks:
                return statement, lock
    return None


def is_away(difference: Difference, beside: Iterable[Difference]) -> bool:
    """Whether an index or key is gone, not only renamed by the same statement."""
    gone = difference.object
    return difference.change is Change.REMOVED and not any(
        other.change is Change.ADDED
        and other.object.kind == gone.kind
        and other.object.key[:-1] == gone.key[:-1]
        and columns_of(other.object) == columns_of(gone)
        for other in beside
    )


def behind(lock: Lock) -> str:
    """What waits, for a sentence: ``reads and writes wait``."""
    return f"{' and '.join(lock.blocks)} wait"


def validated(operation: OperationEffect) -> Iterator[CatalogObject]:
    """Constraints that were NOT VALID before one of its statements and hold for every row after it."""
    of_statements = [found for _, found in statement_by_statement(operation)]
    for differences in of_statements or [operation.differences]:
        for difference in differences:
            for name, old, new in difference.altered:
                if name == "definition" and old is not None and old == f"{new} NOT VALID":
                    yield difference.object


def added_unchecked(operation: OperationEffect) -> Iterator[CatalogObject]:
    """On MySQL and MariaDB: foreign keys for which no row was looked at.

    The server copies the table for one that it checks; so one that came in a cheaper form was not.
    """
    for statement, differences in statement_by_statement(operation):
        form = statement.observed.form
        if form is None or form.blocks_writes:
            continue
        for difference in differences:
            if difference.change is Change.ADDED and difference.object.kind == "foreign key":
                yield difference.object


def bound(operation: OperationEffect, attached: bool) -> dict[str, str]:
    """Tables that an operation made a partition, or that it detached: each with its parent."""
    found: dict[str, str] = {}
    for difference in operation.differences:
        before, after = difference.before, difference.after
        if before is None or after is None or after.kind != "table":
            continue
        with_it, without = (after, before) if attached else (before, after)
        if with_it.get("partition bound") and not without.get("partition bound"):
            found[after.name] = str(with_it.get("parents")).removeprefix("public.").replace('"', "")
    return found


def locked(seen: tuple[StatementEffect, Lock]) -> str:
    """A lock, for the beginning of a sentence: ``SHARE on users``; of MySQL, the form that ran."""
    form = _form(seen)
    if form is None:
        return f"{seen[1].mode} on {seen[1].relation}"
    lock = form.lock or seen[1].mode
    return f"ALGORITHM={form.algorithm or 'DEFAULT'}, LOCK={lock} on {seen[1].relation}"


def why_not_online(seen: tuple[StatementEffect, Lock]) -> str | None:
    """On MySQL and MariaDB: what the server says to each cheaper form; None on other engines."""
    form = _form(seen)
    if form is None:
        return None
    reasons: dict[str, list[str]] = {}
    for asked, said in form.refused:
        reason = said.partition("Reason: ")[2].partition(". Try")[0]
        reasons.setdefault(reason or said, []).append(asked)
    if reasons:
        told = "; ".join(f"{', '.join(asked)}: {why}" for why, asked in reasons.items())
        return f"The server refuses {told}."
    if form.stated:
        return "The statement asks for it itself."
    return "The server takes no cheaper form."


def told_by_constraint(operation: OperationEffect, table: str) -> bool:
    """Whether a table was copied for a constraint, on MySQL and MariaDB: its rule tells of the copy."""
    return any(s.observed.form is not None for s in operation.statements) and any(
        relation_of(found) == table for found in made(operation, *_COPYING)
    )


_COPYING = ("check", "foreign key")


def _form(seen: tuple[StatementEffect, Lock]) -> OnlineForm | None:
    return seen[0].observed.form


def retyped(
    operation: OperationEffect, context: RuleContext
) -> Iterator[tuple[CatalogObject, str, str]]:
    """Columns that were there before the revision and got another type, with the old and the new."""
    for difference in operation.differences:
        for name, old, new in difference.altered:
            if name != "type" or difference.object.kind != "column":
                continue
            if difference.identity in context.before.by_identity and old and new:
                yield difference.object, old, new


def altered(
    operations: tuple[OperationEffect, ...], context: RuleContext, kind: str, *attributes: str
) -> Iterator[tuple[OperationEffect, CatalogObject, CatalogObject]]:
    """What was there before the revision and differs in an attribute after it, under its old name or
    another: the operation that did it, the object before and after the revision.
    """
    left: dict[Identity, tuple[CatalogObject, CatalogObject]] = {}
    for old in context.before.of_kind(kind):
        new = context.renamed.get(old.identity) or context.after.by_identity.get(old.identity)
        if new is not None and any(old.get(name) != new.get(name) for name in attributes):
            left[old.identity] = left[new.identity] = old, new
    for operation in operations:
        for difference in operation.differences:
            touched = any(name in attributes for name, _, _ in difference.altered)
            if touched and difference.identity in left:
                old, new = left.pop(difference.identity)
                left.pop(old.identity, None)
                left.pop(new.identity, None)
                yield operation, old, new


def statement_by_statement(
    operation: OperationEffect,
) -> Iterator[tuple[StatementEffect, tuple[Difference, ...]]]:
    """The statements of an operation that changed the catalog, each with what it changed."""
    for statement in operation.statements:
        before, after = statement.before, statement.after
        if before is not None and after is not None and before is not after:
            found = compare(before, after)
            if found:
                yield statement, found
