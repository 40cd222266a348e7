"""Alembic's ``render_item``, and the same for those who write text themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import CheckConstraint, Column, Constraint, PrimaryKeyConstraint
from sqlalchemy.types import TypeEngine

from assay.generate.render.columns import column_text
from assay.generate.render.constraints import check_text, primary_key_text
from assay.generate.render.defaults import default_text
from assay.generate.render.rendering import Hook, Rendering, raw_sql
from assay.generate.render.sql_text import escaped
from assay.generate.render.types import type_text
from assay.project.compat.alembic import render_constraint_as_alembic

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext

__all__ = [
    "exact_expressions",
    "render_column",
    "render_constraint",
    "render_type",
    "rendering_of",
]


class _Hook:
    """The hook; it remembers the project's own for what is inside columns and types."""

    def __init__(self, own: Hook | None) -> None:
        self.own: Hook | None = own.own if isinstance(own, _Hook) else own

    def __call__(self, kind: str, found: Any, context: AutogenContext) -> str | Literal[False]:
        rendering = Rendering.of(context, self.own)
        answer = rendering.asked(kind, found)
        if answer is not None:
            return answer
        rest = Rendering.of(context, _unless(self.own, found))
        write = _WRITERS.get(kind)
        return (write(rest, found) if write else None) or False


def _unless(own: Hook | None, asked: Any) -> Hook | None:
    """The project's hook, not to be asked again for what it left to us."""
    if own is None:
        return None
    return lambda kind, found, context: False if found is asked else own(kind, found, context)


_WRITERS: dict[str, Callable[[Rendering, Any], str | None]] = {
    "column": lambda rendering, found: rendering.keep(column_text(rendering, found)),
    "type": lambda rendering, found: rendering.keep(type_text(rendering, found)),
    "server_default": default_text,
    "check": check_text,
    "primary_key": primary_key_text,
}


def rendering_of(own: Hook | None) -> Hook:
    """A ``render_item`` that asks the project's own first; False leaves it to Alembic."""
    return _Hook(own)


def _rendering(context: AutogenContext) -> Rendering:
    own = context.opts.get("render_item")
    return Rendering.of(context, own.own if isinstance(own, _Hook) else own)


def render_column(context: AutogenContext, column: Column[Any]) -> str:
    """``sa.Column(…)``; its imports are added to the context's."""
    rendering = _rendering(context)
    return rendering.keep(column_text(rendering, column))


def render_type(context: AutogenContext, type_: TypeEngine[Any]) -> str:
    """A type; its imports are added to the context's."""
    rendering = _rendering(context)
    return rendering.keep(type_text(rendering, type_))


def render_constraint(context: AutogenContext, constraint: Constraint) -> str | None:
    """A constraint as an argument of ``create_table``; None where a type makes it."""
    rendering = _rendering(context)
    if isinstance(constraint, CheckConstraint):
        return check_text(rendering, constraint)
    if isinstance(constraint, PrimaryKeyConstraint):
        answer = rendering.asked("primary_key", constraint)
        found = answer or primary_key_text(rendering, constraint)
        if found is not None:
            return found
    return render_constraint_as_alembic(constraint, context)


def exact_expressions(context: MigrationContext) -> None:
    """Make Alembic write SQL expressions of indexes and constraints so that they come out as they are.

    Those have no ``render_item``: Alembic compiles them, which doubles ``%`` for drivers that format
    with it and drops the ``\\`` before a colon, and compiles the outcome again when the revision
    runs. This run's ``impl.render_ddl_sql_expr`` is replaced.
    """

    def render(expression: Any, is_server_default: bool = False, **options: Any) -> str:
        sql = raw_sql(context, expression, is_server_default=is_server_default, **options)
        # Alembic writes sa.literal_column() for an index, which knows no parameters
        return sql if options.get("is_index") else escaped(sql)

    impl: Any = context.impl
    impl.render_ddl_sql_expr = render
