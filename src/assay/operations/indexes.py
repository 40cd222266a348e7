"""Indexes: renamed, and made from the server's own elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy import text
from sqlalchemy.sql.elements import TextClause, conv

from assay.operations.constraints import final_name
from assay.operations.renaming import RenamingOp
from assay.operations.statements import escaped, named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["IndexOp", "RenameIndexOp", "Sql"]


@Operations.register_operation("rename_index")
class RenameIndexOp(RenamingOp):
    """Give an index another name; nothing is rebuilt."""

    called = "rename_index"

    @classmethod
    def rename_index(
        cls,
        operations: Operations,
        table_name: str,
        old_name: str,
        new_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Rename an index of a table."""
        operations.invoke(cls(table_name, old_name, new_name, schema))

    def reverse(self) -> RenameIndexOp:
        return RenameIndexOp(self.table_name, self.new, self.old, self.schema)


@Operations.implementation_for(RenameIndexOp)
def _rename_index(operations: Operations, op: RenameIndexOp) -> None:
    new = named(operations, op.new)
    if operations.get_context().dialect.name in ("mysql", "mariadb"):
        table = named(operations, op.table_name, op.schema)
        old = named(operations, op.old)
        run(operations, f"ALTER TABLE {table} RENAME INDEX {old} TO {new}")
    else:
        run(operations, f"ALTER INDEX {named(operations, op.old, op.schema)} RENAME TO {new}")


class Sql(str):
    """An element of an index that is SQL, not the name of a column."""

    __slots__ = ()

    @property
    def clause(self) -> TextClause:
        """As SQLAlchemy takes it."""
        return text(escaped(self))


class IndexOp(ops.CreateIndexOp):
    """Alembic's own, rendered so that it runs as written.

    Alembic (1.20.1) renders a ``%`` in an expression or predicate doubled.
    """

    def __init__(
        self,
        name: str,
        table_name: str,
        elements: Sequence[str],
        *,
        schema: str | None = None,
        unique: bool = False,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.elements, self.options = list(elements), dict(options or {})
        super().__init__(
            conv(name),
            table_name,
            [_clause(e) for e in elements],
            schema=schema,
            unique=unique,
            **{k: _clause(v) for k, v in self.options.items()},
        )


def _clause(value: Any) -> Any:
    return value.clause if isinstance(value, Sql) else value


@renderers.dispatch_for(IndexOp)
def _render_index(context: AutogenContext, op: IndexOp) -> str:
    def written(value: Any) -> str:
        if not isinstance(value, Sql):
            return repr(value)
        return f"{context.opts.get('sqlalchemy_module_prefix') or ''}text({str(escaped(value))!r})"

    parts = [
        final_name(context, str(op.index_name)),
        repr(op.table_name),
        f"[{', '.join(written(e) for e in op.elements)}]",
        f"unique={bool(op.unique)}",
    ]
    if op.schema is not None:
        parts.append(f"schema={op.schema!r}")
    parts += [f"{k}={written(v)}" for k, v in op.options.items()]
    prefix = context.opts.get("alembic_module_prefix") or ""
    return f"{prefix}create_index({', '.join(parts)})"
