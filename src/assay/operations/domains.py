"""PostgreSQL domains: made, altered, dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["AlterDomainOp", "CreateDomainOp", "DropDomainOp"]


@Operations.register_operation("create_domain")
class CreateDomainOp(ops.MigrateOperation):
    """Make a domain."""

    def __init__(
        self,
        name: str,
        type_: str,
        *,
        default: str | None = None,
        not_null: bool = False,
        collation: str | None = None,
        checks: Mapping[str, str] | None = None,
        schema: str | None = None,
    ) -> None:
        self.name, self.type, self.default, self.not_null = name, type_, default, not_null
        self.collation, self.checks, self.schema = collation, dict(checks or {}), schema

    @classmethod
    def create_domain(
        cls,
        operations: Operations,
        name: str,
        type_: str,
        *,
        default: str | None = None,
        not_null: bool = False,
        collation: str | None = None,
        checks: Mapping[str, str] | None = None,
        schema: str | None = None,
    ) -> None:
        """Make a domain; everything but names is SQL.

        :param checks: by name what stands after ``CONSTRAINT name``: ``CHECK ((VALUE > 0))``.
        """
        op = cls(
            name,
            type_,
            default=default,
            not_null=not_null,
            collation=collation,
            checks=checks,
            schema=schema,
        )
        operations.invoke(op)

    def reverse(self) -> DropDomainOp:
        return DropDomainOp(self.name, self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_domain", self.schema, self.name, self.type)


@Operations.register_operation("drop_domain")
class DropDomainOp(ops.MigrateOperation):
    """Drop a domain."""

    def __init__(self, name: str, schema: str | None = None) -> None:
        self.name, self.schema = name, schema

    @classmethod
    def drop_domain(cls, operations: Operations, name: str, *, schema: str | None = None) -> None:
        """Drop a domain that nothing uses."""
        operations.invoke(cls(name, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("drop_domain", self.schema, self.name)


@Operations.register_operation("alter_domain")
class AlterDomainOp(ops.MigrateOperation):
    """Alter a domain."""

    def __init__(
        self,
        name: str,
        *,
        default: str | bool | None = False,
        not_null: bool | None = None,
        checks: Mapping[str, str | None] | None = None,
        schema: str | None = None,
    ) -> None:
        self.name, self.default, self.not_null = name, default, not_null
        self.checks, self.schema = dict(checks or {}), schema

    @classmethod
    def alter_domain(
        cls,
        operations: Operations,
        name: str,
        *,
        default: str | bool | None = False,
        not_null: bool | None = None,
        checks: Mapping[str, str | None] | None = None,
        schema: str | None = None,
    ) -> None:
        """Alter a domain; rows that do not fit make the server refuse.

        :param default: its new default as SQL; None drops it; False leaves it.
        :param checks: by name the new definition, ``CHECK ((VALUE > 0))``; None drops that one.
        """
        operations.invoke(
            cls(name, default=default, not_null=not_null, checks=checks, schema=schema)
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("alter_domain", self.schema, self.name, self.default, self.not_null, self.checks)


@Operations.implementation_for(CreateDomainOp)
def _create(operations: Operations, op: CreateDomainOp) -> None:
    said = f"CREATE DOMAIN {named(operations, op.name, op.schema)} AS {op.type}"
    if op.collation is not None:
        said += f" COLLATE {op.collation}"
    if op.default is not None:
        said += f" DEFAULT {op.default}"
    if op.not_null:
        said += " NOT NULL"
    for name, check in op.checks.items():
        said += f" CONSTRAINT {named(operations, name)} {check}"
    run(operations, said)


@Operations.implementation_for(DropDomainOp)
def _drop(operations: Operations, op: DropDomainOp) -> None:
    run(operations, f"DROP DOMAIN {named(operations, op.name, op.schema)}")


@Operations.implementation_for(AlterDomainOp)
def _alter(operations: Operations, op: AlterDomainOp) -> None:
    changes = [
        f"DROP CONSTRAINT {named(operations, name)}" for name, c in op.checks.items() if not c
    ]
    if op.default is None:
        changes.append("DROP DEFAULT")
    elif op.default is not False:
        changes.append(f"SET DEFAULT {op.default}")
    if op.not_null is not None:
        changes.append("SET NOT NULL" if op.not_null else "DROP NOT NULL")
    changes += [f"ADD CONSTRAINT {named(operations, n)} {c}" for n, c in op.checks.items() if c]
    for change in changes:
        run(operations, f"ALTER DOMAIN {named(operations, op.name, op.schema)} {change}")


@renderers.dispatch_for(CreateDomainOp)
def _render_create(context: AutogenContext, op: CreateDomainOp) -> str:
    keywords = {
        "collation": op.collation,
        "default": op.default,
        "not_null": op.not_null,
        "checks": op.checks or None,
        "schema": op.schema,
    }
    return call(context, "create_domain", [op.name, op.type], keywords)


@renderers.dispatch_for(DropDomainOp)
def _render_drop(context: AutogenContext, op: DropDomainOp) -> str:
    return call(context, "drop_domain", [op.name], {"schema": op.schema})


@renderers.dispatch_for(AlterDomainOp)
def _render_alter(context: AutogenContext, op: AlterDomainOp) -> str:
    # None and False say something here, which call() leaves out
    said = [] if op.default is False else [f"default={op.default!r}"]
    if op.not_null is not None:
        said.append(f"not_null={op.not_null!r}")
    text = call(
        context, "alter_domain", [op.name], {"checks": op.checks or None, "schema": op.schema}
    )
    return text if not said else f"{text[:-1]}, {', '.join(said)})"
