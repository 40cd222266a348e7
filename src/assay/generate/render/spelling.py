"""A type as a call of its class: the arguments that make it again, taken from its attributes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.base import NO_ARG
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import Enum, SchemaType, TypeDecorator, TypeEngine, UserDefinedType

from assay.generate.render.rendering import Rendering, Text
from assay.generate.render.sql_text import render_text

__all__ = ["Spelling", "Unwritable", "public_class"]

_ABSTRACT = (TypeEngine, TypeDecorator, UserDefinedType, SchemaType)
_NOT_DDL = frozenset({"metadata", "inherit_schema", "values_callable", "quote"})
_MISSING = object()


class Unwritable(Exception):
    """No Python text makes this value again."""


def public_class(type_: TypeEngine[Any], rendering: Rendering) -> tuple[type, Text] | None:
    """The class of SQLAlchemy's that a type is or extends, and its name in a revision.

    Dialects adapt types to private classes of theirs (``_PGString``): what they extend is meant.
    """
    for cls in type(type_).__mro__:
        module, name = cls.__module__, cls.__name__
        if cls in _ABSTRACT:
            return None
        if module.startswith("sqlalchemy.dialects."):
            dialect = module.split(".")[2]
            if getattr(import_module(f"sqlalchemy.dialects.{dialect}"), name, None) is cls:
                needed = frozenset({f"from sqlalchemy.dialects import {dialect}"})
                return cls, Text(f"{dialect}.{name}", needed)
        elif module.startswith("sqlalchemy."):
            if getattr(sa, name, None) is cls:
                return cls, Text(f"{rendering.sa}{name}")
            if getattr(sa.types, name, None) is cls:
                return cls, Text(f"{rendering.sa}types.{name}")
    return None


@dataclass(frozen=True)
class Spelling:
    """Writes calls of classes.

    :param inner: writes a type that is an argument of another.
    """

    rendering: Rendering
    inner: Callable[[TypeEngine[Any]], Text]

    def call(self, name: Text, type_: TypeEngine[Any], cls: type) -> Text:
        """``name(…)``.

        :raises Unwritable: an argument that the class demands cannot be written.
        """
        given = self._enum(type_) if isinstance(type_, Enum) else self._arguments(type_, cls)
        parts = list(given)
        return Text.of("{}(" + ", ".join(["{}"] * len(parts)) + ")", name, *parts)

    def _arguments(self, type_: Any, cls: type) -> Iterator[Text]:
        keywords: dict[str, Text] = {}
        seen: set[str] = set()
        source = type_
        for init in _constructors(cls):
            if isinstance(type_, TypeDecorator) and init is TypeDecorator.__init__:
                # hands all it gets to the class of its impl
                source = type_.impl
                keywords |= self._handed_on(source, seen)
                break
            for parameter in list(inspect.signature(init).parameters.values())[1:]:
                if parameter.name in seen or parameter.name.startswith("_"):
                    continue
                seen.add(parameter.name)
                if parameter.kind is parameter.VAR_POSITIONAL:
                    yield from (self._value(v) for v in getattr(source, parameter.name, ()))
                elif parameter.kind is not parameter.VAR_KEYWORD:
                    written = self._argument(source, parameter)
                    if written is None:
                        continue
                    if parameter.default is parameter.empty and not keywords:
                        yield written
                    else:
                        keywords[parameter.name] = written
        for name, written in keywords.items():
            yield Text.of(f"{name}={{}}", written)

    def _handed_on(self, impl: Any, seen: set[str]) -> dict[str, Text]:
        found: dict[str, Text] = {}
        for init in _constructors(type(impl)):
            for parameter in list(inspect.signature(init).parameters.values())[1:]:
                if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                    continue
                written = None if parameter.name in seen else self._argument(impl, parameter)
                if written is not None:
                    found[parameter.name] = written
        return found

    def _argument(self, source: Any, parameter: inspect.Parameter) -> Text | None:
        if parameter.name in _NOT_DDL:
            return None
        value = getattr(source, parameter.name, _MISSING)
        needed = parameter.default is parameter.empty
        if _same(value, parameter.default):
            return None
        if value is _MISSING:
            if needed:
                raise Unwritable(parameter.name)
            return None
        try:
            return self._value(value)
        except Unwritable:
            if needed:
                raise
            return None

    def _value(self, value: Any) -> Text:
        if isinstance(value, conv):
            return Text(self.rendering.name(value))
        if isinstance(value, str):
            return Text(repr(str(value)))
        if value is None or type(value) in (bool, int, float, bytes):
            return Text(repr(value))
        if type(value) is Decimal:
            return Text(str(value))
        if isinstance(value, TypeEngine):
            return self.inner(value)
        if isinstance(value, sa.ClauseElement):
            return Text(render_text(self.rendering.sql(value), self.rendering.sa))
        if type(value) in (list, tuple):
            parts = [self._value(v) for v in value]
            inside = ", ".join(["{}"] * len(parts)) + ("," if type(value) is tuple else "")
            return Text.of(f"({inside})" if type(value) is tuple else f"[{inside}]", *parts)
        if type(value) is dict:
            parts = [self._value(v) for pair in value.items() for v in pair]
            inside = ", ".join(["{}: {}"] * len(value))
            return Text.of(f"{{{{{inside}}}}}", *parts)
        raise Unwritable(repr(value))

    def _enum(self, type_: Any) -> Iterator[Text]:
        """Labels, not the Python class: a revision is not to change with it."""
        for label in type_.enums:
            yield self._value(str(label))
        if type_.name is not None:
            yield Text.of("name={}", self._value(type_.name))
            quote = getattr(type_.name, "quote", None)
            if quote is not None:
                yield Text(f"quote={quote!r}")
        for key, default in (
            ("schema", None),
            ("native_enum", True),
            ("create_constraint", False),
            ("validate_strings", False),
            ("create_type", True),
            ("charset", None),
            ("collation", None),
        ):
            value = getattr(type_, key, default)
            if value != default:
                yield Text.of(f"{key}={{}}", self._value(value))
        if type_.length != max((len(str(e)) for e in type_.enums), default=0):
            yield Text(f"length={type_.length!r}")


def _constructors(cls: type) -> Iterator[Any]:
    """The constructors that get a call's arguments: those of bases while the rest is handed on."""
    for each in cls.__mro__:
        init = each.__dict__.get("__init__")
        if init is None or each is object:
            continue
        yield init
        kinds = [p.kind for p in inspect.signature(init).parameters.values()]
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            return


def _same(value: Any, default: Any) -> bool:
    """Whether an argument need not be written."""
    unset = default is None or default is NO_ARG
    if value is default or (unset and (value is None or value is False)):
        return True
    plain = (bool, int, float, str, tuple, list)
    return type(value) is type(default) and isinstance(value, plain) and bool(value == default)
