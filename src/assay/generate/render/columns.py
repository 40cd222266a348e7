"""A column as Python text: all that it carries into DDL by itself.

Its primary key, unique constraint, index and foreign keys are written as constraints and indexes of
their own. A CHECK written on the column stays on it, which Alembic leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CheckConstraint, Column
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import SchemaType, TypeEngine

from assay.generate.render.constraints import check_text, options_of
from assay.generate.render.ddl import column_ddl, type_ddl
from assay.generate.render.defaults import default_text, is_positional
from assay.generate.render.rendering import Rendering, Text
from assay.generate.render.types import type_text
from assay.project.compat.constructs import copy_column, variants_of

__all__ = ["column_text"]


def column_text(rendering: Rendering, column: Column[Any]) -> Text:
    """``sa.Column('name', …)``, checked to make the same DDL."""
    answer = rendering.asked("column", column)
    if answer is not None:
        return Text(answer)
    parts = _parts(rendering, column)
    first = _column(rendering, Text(repr(str(column.name))), parts)
    if _certain(column):
        return first
    wanted = column_ddl(column, rendering.dialect)
    for text in (first, *_forced(rendering, column, parts)):
        if _ddl_of(rendering, text, column) == wanted:
            return text
    return first


def _certain(column: Column[Any]) -> bool:
    """Whether nothing but type and default, compared already, could come out otherwise."""
    plain = not isinstance(column.name, quoted_name) or column.name.quote is None
    rest = (column.primary_key, column.constraints, column.dialect_kwargs)
    return plain and not any(rest) and not is_positional(column.server_default)


def _meant(rendering: Rendering, column: Column[Any]) -> TypeEngine[Any]:
    """The type of the models' own column, where this one's is a copy that lacks something.

    SQLAlchemy's copies of an Enum have no variants, those of MySQL's ENUM no character set (2.1.9),
    and Alembic copies what it renders.
    """
    table = getattr(column, "table", None)
    if table is None or not isinstance(column.type, SchemaType):
        return column.type
    key = f"{table.schema}.{table.name}" if table.schema else str(table.name)
    found: Any = rendering.context.metadata
    metadatas = found if isinstance(found, (list, tuple)) else [found] if found is not None else []
    for model in (m.tables[key] for m in metadatas if key in m.tables):
        for own in model.columns:
            if own.name == column.name and type(own.type) is type(column.type):
                return own.type if _copied_from(own, column.type, rendering) else column.type
    return column.type


def _copied_from(own: Column[Any], found: TypeEngine[Any], rendering: Rendering) -> bool:
    spoiled = variants_of(own.type) or type(own.type).__module__.startswith("sqlalchemy.dialects.")
    return bool(spoiled) and type_ddl(found, rendering.dialect) == type_ddl(
        copy_column(own).type, rendering.dialect
    )


def _ddl_of(rendering: Rendering, text: Text, like: Column[Any]) -> Any:
    try:
        made = rendering.evaluate(text)
    except Exception:
        return ()
    return column_ddl(made, rendering.dialect, primary_key=like.primary_key)


def _forced(rendering: Rendering, column: Column[Any], parts: list[Text]) -> Iterator[Text]:
    """Texts with what the plain one may have lost."""
    name = str(column.name)
    if column.autoincrement == "auto":
        # what kept SQLAlchemy from SERIAL, AUTO_INCREMENT may be a default in Python or a sequence
        yield _column(rendering, Text(repr(name)), [*parts, Text("autoincrement=False")])
    if isinstance(column.name, quoted_name) and column.name.quote is not None:
        quoted = f"{rendering.sa}quoted_name({name!r}, {column.name.quote!r})"
        yield _column(rendering, Text(quoted), parts)


def _column(rendering: Rendering, name: Text, parts: list[Text]) -> Text:
    places = ", ".join(["{}"] * (len(parts) + 1))
    return Text.of(f"{rendering.sa}Column({places})", name, *parts)


def _parts(rendering: Rendering, column: Column[Any]) -> list[Text]:
    parts = [type_text(rendering, _meant(rendering, column))]
    default = default_text(rendering, column.server_default)
    if default is not None and is_positional(column.server_default):
        parts.append(Text(default))
        default = None
    checks = [c for c in column.constraints if isinstance(c, CheckConstraint)]
    parts += [Text(c) for c in sorted(filter(None, (check_text(rendering, c) for c in checks)))]
    if default is not None:
        parts.append(Text(f"server_default={default}"))
    if column.autoincrement != "auto":
        parts.append(Text(f"autoincrement={column.autoincrement!r}"))
    if column.nullable is not None:
        parts.append(Text(f"nullable={column.nullable!r}"))
    if column.system:
        parts.append(Text("system=True"))
    if column.comment is not None:
        parts.append(Text(f"comment={column.comment!r}"))
    return [*parts, *(Text(option) for option in options_of(rendering, column))]
