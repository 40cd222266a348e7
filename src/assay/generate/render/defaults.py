"""Server defaults, generated columns and identities as Python text."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import functions

from assay.generate.render.ddl import column_ddl
from assay.generate.render.rendering import Rendering
from assay.generate.render.sql_text import escaped, render_text

__all__ = ["default_text", "is_positional"]

_IDENTITY = (
    "always",
    "on_null",
    "start",
    "increment",
    "minvalue",
    "maxvalue",
    "nominvalue",
    "nomaxvalue",
    "cycle",
    "cache",
    "order",
)


def is_positional(default: Any) -> bool:
    """Whether it stands in ``Column()`` by itself, not as ``server_default=``."""
    return isinstance(default, (sa.Computed, sa.Identity))


def default_text(rendering: Rendering, default: Any) -> str | None:
    """The text of a server default; None where there is none.

    :param default: what ``Column.server_default`` or an ``alter_column`` holds. A plain string is a
        literal value, as in ``Column(server_default=)``.
    """
    if default is None or default is False:
        return None
    answer = rendering.asked("server_default", default)
    if answer is not None:
        return answer
    if isinstance(default, sa.Computed):
        return _computed(rendering, default)
    if isinstance(default, sa.Identity):
        return _identity(rendering, default)
    value = default.arg if isinstance(default, sa.DefaultClause) else default
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, sa.ClauseElement):
        return _expression(rendering, value)
    return f"{rendering.sa}FetchedValue()"


def _expression(rendering: Rendering, value: Any) -> str:
    if isinstance(value, (sa.True_, sa.False_)):
        return f"{rendering.sa}{'true' if isinstance(value, sa.True_) else 'false'}()"
    if isinstance(value, (functions.now, functions.AnsiFunction)) and not len(value.clauses):
        # engines have other words for these: text would be right on one only
        return f"{rendering.sa}func.{value.name}()"
    sql = rendering.sql(value)
    if not isinstance(value, sa.TextClause):
        # SQLAlchemy 2.0 puts expressions in parentheses on SQLite, but not texts
        wanted = _ddl(rendering, value)
        for each in (sql, f"({sql})"):
            if _ddl(rendering, sa.text(escaped(each))) == wanted:
                return render_text(each, rendering.sa)
    return render_text(sql, rendering.sa)


def _ddl(rendering: Rendering, value: Any) -> Any:
    return column_ddl(sa.Column("c", sa.Integer, server_default=value), rendering.dialect)


def _computed(rendering: Rendering, computed: sa.Computed) -> str:
    parts = [repr(escaped(rendering.sql(computed.sqltext)))]
    if computed.persisted is not None:
        parts.append(f"persisted={computed.persisted!r}")
    return f"{rendering.sa}Computed({', '.join(parts)})"


def _identity(rendering: Rendering, identity: sa.Identity) -> str:
    given = {name: getattr(identity, name, None) for name in _IDENTITY}
    # SQLAlchemy 2.1 has the options of one engine as dialect options, under their old names too
    given.update(dict(getattr(identity, "dialect_kwargs", {})))
    if any(name.startswith("oracle_") for name in given):
        given.pop("on_null"), given.pop("order")
    parts = [f"{name}={value!r}" for name, value in given.items() if value is not None]
    if identity.always is False:
        parts = [p for p in parts if p != "always=False"]
    return f"{rendering.sa}Identity({', '.join(parts)})"
