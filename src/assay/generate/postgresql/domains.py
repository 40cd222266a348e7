"""Domains: made, dropped, renamed, altered, given another base type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.operations import ops

from assay.catalog import CatalogObject, Change, Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.conversions import using
from assay.generate.postgresql.enums import rename, renamed_types, users
from assay.generate.postgresql.tokens import Reader, source_of
from assay.generate.postgresql.type_texts import TypeText, type_of
from assay.operations.columns import ColumnTypeOp
from assay.operations.comments import CommentOp
from assay.operations.domains import AlterDomainOp, CreateDomainOp, DropDomainOp
from assay.operations.enums import RenameTypeOp
from assay.operations.statements import escaped

__all__ = ["replaced_domains", "steps"]

Made = ops.MigrateOperation
Key = tuple[str, ...]


def steps(c: Comparison) -> Iterator[Step]:
    """Made after enums and sequences, before the columns of them."""
    renamed, replaced = renamed_types(c, "domain"), replaced_domains(c)
    for old, new in renamed.items():
        yield Step(Phase.RENAME_CONSTRAINT, [rename(c, old, new)], [rename(c, new, old)], old)
    names = {*renamed, *renamed.values()}
    for difference in c.changed("domain"):
        found, key = difference.object, difference.object.key
        if key in names:
            continue
        if difference.change is Change.ADDED:
            rank = 2 + _depth(c.new, found)
            yield Step(Phase.CREATE_TYPE, create(c, c.new, found), [_drop(c, key)], key, rank)
        elif difference.change is Change.REMOVED:
            rank = -2 - _depth(c.old, found)
            yield Step(Phase.DROP_TYPE, [_drop(c, key)], create(c, c.old, found), key, rank)
        elif key in replaced:
            do, undo = _replace(c, key, c.old, c.new), _replace(c, key, c.new, c.old)
            yield Step(Phase.CREATE_TYPE, do, undo, key, 2)
    for key in _altered(c) - names - replaced:
        do, undo = _alter(c, key, c.old, c.new), _alter(c, key, c.new, c.old)
        if do or undo:
            yield Step(Phase.ALTER_COLUMN, do, undo, key, 20)


def _depth(side: Snapshot, domain: CatalogObject) -> int:
    """How many domains a domain is made of."""
    below = TypeText.of(domain.get("type") or "").key
    inner = side.get("domain", *below) if below is not None else None
    return 0 if inner is None else 1 + _depth(side, inner)


def replaced_domains(c: Comparison) -> set[Key]:
    """Domains of another base type or collation, which no ``ALTER DOMAIN`` gives them."""
    return {
        d.object.key
        for d in c.changed("domain")
        if any(name in ("type", "collation") for name, _, _ in d.altered)
    }


def create(c: Comparison, side: Snapshot, domain: CatalogObject) -> list[Made]:
    """What makes a domain as a catalog has it."""
    name, schema = domain.key[1], c.schema_of(domain.key)
    made: list[Made] = [
        CreateDomainOp(
            name,
            domain.get("type") or "",
            default=domain.get("default"),
            not_null=domain.get("not null") == "true",
            collation=domain.get("collation"),
            checks=_checks(side, domain.key),
            schema=schema,
        )
    ]
    if domain.get("comment") is not None:
        made.append(CommentOp("domain", name, domain.get("comment"), schema=schema))
    return made


def _drop(c: Comparison, key: Key) -> Made:
    return DropDomainOp(key[1], c.schema_of(key))


def _checks(side: Snapshot, key: Key) -> dict[str, str]:
    checks = (o for o in side.of_kind("domain check") if o.key[:2] == key)
    return {o.key[2]: source_of(o.get("definition") or "") for o in checks}


def _altered(c: Comparison) -> set[Key]:
    """Domains in both catalogs that differ, in their checks too."""
    keys = {d.object.key[:2] for d in c.changed("domain", "domain check")}
    return {k for k in keys if c.old.get("domain", *k) and c.new.get("domain", *k)}


def _alter(c: Comparison, key: Key, one: Snapshot, other: Snapshot) -> list[Made]:
    before, after = one.by_identity["domain", key], other.by_identity["domain", key]
    options: dict[str, Any] = {}
    if before.get("default") != after.get("default"):
        options["default"] = after.get("default")
    if before.get("not null") != after.get("not null"):
        options["not_null"] = after.get("not null") == "true"
    old, new = _checks(one, key), _checks(other, key)
    schema = c.schema_of(key)
    made: list[Made] = []
    changed = {name: None for name in old if name in new and old[name] != new[name]}
    if changed:
        made.append(AlterDomainOp(key[1], checks=changed, schema=schema))
    checks: dict[str, str | None] = {name: None for name in old if name not in new}
    checks |= {name: check for name, check in new.items() if old.get(name) != check}
    if options or checks:
        made.append(AlterDomainOp(key[1], checks=checks, schema=schema, **options))
    if before.get("comment") != after.get("comment"):
        made.append(CommentOp("domain", key[1], after.get("comment"), schema=schema))
    return made


def _replace(c: Comparison, key: Key, one: Snapshot, other: Snapshot) -> list[Made]:
    """A new domain in the place of the old, its columns changed over."""
    before, after = one.by_identity["domain", key], other.by_identity["domain", key]
    schema, aside = c.schema_of(key), f"_assay_{key[1]}"[:63]
    made: list[Made] = [RenameTypeOp(key[1], aside, schema), *create(c, other, after)]
    for column, kind in users(one, key).items():
        found = one.by_identity["column", column]
        if found.get("inherited") is not None:
            continue
        table, name, at = column[1], column[2], c.schema_of(column)
        value = c.dialect.identifier_preparer.quote(name)
        base = (before.get("type") or "", one)
        expression = using(c, value, base, (after.get("type") or "", other))
        default = found.get("default")
        if default is not None:
            made.append(ops.AlterColumnOp(table, name, schema=at, modify_server_default=None))
        made.append(ColumnTypeOp(table, name, type_of(c, other, kind), expression, at))
        if default is not None:
            made.append(_default(table, name, at, default))
    return [*made, DropDomainOp(aside, schema)]


def _default(table: str, name: str, schema: str | None, default: str) -> Made:
    """The default again; the server said it with a cast to the domain's old base type."""
    from sqlalchemy import text

    literal = next((t for t, _, _ in Reader(default).tokens()), "")
    plain = literal if literal.startswith("'") and default.startswith(f"{literal}::") else default
    return ops.AlterColumnOp(table, name, schema=schema, modify_server_default=text(escaped(plain)))
