"""Constraints inside a table or a column as Python text."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ClauseElement, PrimaryKeyConstraint

from assay.generate.render.rendering import Rendering
from assay.generate.render.sql_text import escaped, render_text
from assay.project.compat.constructs import is_type_bound

__all__ = ["check_text", "options_of", "primary_key_text"]


def check_text(rendering: Rendering, check: CheckConstraint) -> str | None:
    """``sa.CheckConstraint('…')``; None for one that comes with a Boolean or an Enum."""
    answer = rendering.asked("check", check)
    if answer is not None:
        return answer
    if is_type_bound(check):
        return None
    parts = [repr(escaped(rendering.sql(check.sqltext))), *_named(rendering, check)]
    return f"{rendering.sa}CheckConstraint({', '.join(parts)})"


def primary_key_text(rendering: Rendering, key: PrimaryKeyConstraint) -> str | None:
    """``sa.PrimaryKeyConstraint('id')`` with the options that Alembic leaves out; None without any.

    None leaves it to Alembic.
    """
    parts = [repr(str(column.name)) for column in key.columns]
    options = _named(rendering, key)
    plain = [part for part in options if part.startswith("name=")]
    if not parts or options == plain:
        return None
    return f"{rendering.sa}PrimaryKeyConstraint({', '.join([*parts, *options])})"


def _named(rendering: Rendering, constraint: Any) -> list[str]:
    parts = []
    if isinstance(constraint.name, str):
        parts.append(f"name={rendering.name(constraint.name)}")
    for option in ("deferrable", "initially"):
        if getattr(constraint, option) is not None:
            parts.append(f"{option}={getattr(constraint, option)!r}")
    return [*parts, *options_of(rendering, constraint)]


def options_of(rendering: Rendering, found: Any) -> list[str]:
    """Dialect options as keyword arguments."""
    return [
        f"{key}={_value(rendering, value)}"
        for key, value in found.dialect_kwargs.items()
        if value is not None
    ]


def _value(rendering: Rendering, value: Any) -> str:
    if isinstance(value, ClauseElement):
        name = getattr(value, "name", None)
        if getattr(value, "table", None) is not None and name is not None:
            return repr(str(name))
        return render_text(rendering.sql(value), rendering.sa)
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_value(rendering, each) for each in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)"
    if isinstance(value, dict):
        pairs = (f"{_value(rendering, k)}: {_value(rendering, v)}" for k, v in value.items())
        return f"{{{', '.join(pairs)}}}"
    return repr(str(value)) if isinstance(value, str) else repr(value)
