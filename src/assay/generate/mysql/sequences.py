"""Sequences (MariaDB)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import ops
from sqlalchemy import Sequence

from assay.catalog import CatalogObject
from assay.catalog.difference import Change
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["steps"]

_NUMBERS = {
    "start": "START WITH",
    "increment": "INCREMENT BY",
    "minimum": "MINVALUE",
    "maximum": "MAXVALUE",
    "cache": "CACHE",
}
_UNSAID = {
    "start": "1",
    "increment": "1",
    "minimum": "1",
    "maximum": "9223372036854775806",
    "cache": "1000",
}
"""What ``SHOW CREATE SEQUENCE`` says of a sequence that said nothing."""


class _SequenceOp(ops.ExecuteSQLOp):
    """``op.execute`` with SQLAlchemy's own construct."""

    def __init__(self, verb: str, found: CatalogObject) -> None:
        from sqlalchemy import schema

        self.verb, self.options = verb, _options(found) if verb == "CreateSequence" else {}
        self.name = found.key[0]
        super().__init__(getattr(schema, verb)(Sequence(self.name, **self.options)))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.verb, self.name)


@renderers.dispatch_for(_SequenceOp)
def _render(context: AutogenContext, op: _SequenceOp) -> str:
    prefix = context.opts.get("alembic_module_prefix") or ""
    sa = context.opts.get("sqlalchemy_module_prefix") or ""
    options = "".join(f", {name}={value!r}" for name, value in op.options.items())
    return f"{prefix}execute({sa}schema.{op.verb}({sa}Sequence({op.name!r}{options})))"


def _options(found: CatalogObject) -> dict[str, Any]:
    names = {"minimum": "minvalue", "maximum": "maxvalue"}
    options: dict[str, Any] = {
        names.get(name, name): int(value)
        for name, unsaid in _UNSAID.items()
        if (value := found.get(name)) is not None and value != unsaid
    }
    if found.get("cycle"):
        options["cycle"] = True
    return options


class _AlterOp(ops.ExecuteSQLOp):
    """``ALTER SEQUENCE``, which SQLAlchemy has no construct for; its next value stays."""


@renderers.dispatch_for(_AlterOp)
def _render_alter(context: AutogenContext, op: _AlterOp) -> str:
    prefix = context.opts.get("alembic_module_prefix") or ""
    return f"{prefix}execute({str(op.sqltext)!r})"


def steps(c: Comparison) -> Iterator[Step]:
    """Made before the tables whose defaults ask them, dropped after."""
    for d in c.changed("sequence"):
        make: list[ops.MigrateOperation] = [_SequenceOp("CreateSequence", d.object)]
        drop: list[ops.MigrateOperation] = [_SequenceOp("DropSequence", d.object)]
        if d.change is Change.ADDED:
            yield Step(Phase.CREATE_TYPE, make, drop, d.object.key)
        elif d.change is Change.REMOVED:
            yield Step(Phase.DROP_TYPE, drop, make, d.object.key)
        elif d.before is not None and d.after is not None:
            do, undo = _altered(c, d.before, d.after), _altered(c, d.after, d.before)
            yield Step(Phase.CREATE_TYPE, [do], [undo], d.object.key)


def _altered(c: Comparison, old: CatalogObject, new: CatalogObject) -> ops.MigrateOperation:
    parts = [
        f"{words} {new.get(name)}"
        for name, words in _NUMBERS.items()
        if old.get(name) != new.get(name)
    ]
    if old.get("cycle") != new.get("cycle"):
        parts.append("CYCLE" if new.get("cycle") else "NOCYCLE")
    name = c.dialect.identifier_preparer.quote(new.key[0])
    return _AlterOp(f"ALTER SEQUENCE {name} {' '.join(parts)}")
