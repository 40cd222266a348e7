"""``format_type`` texts: what type they name, and SQLAlchemy's type for it.

The server's texts say a column's type to the last detail; where SQLAlchemy has no class for one it
goes into the revision as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.types import TypeEngine

from assay.catalog import Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.postgresql.tokens import Reader
from assay.operations import Verbatim

__all__ = ["TypeText", "labels_of", "type_of"]

_PARAMETERS = re.compile(r"\(\s*(\d+(?:\s*,\s*-?\d+)?)\s*\)")
_LABEL = re.compile(r"(E?)'((?:[^'\\]|''|\\.)*)'", re.DOTALL)


@dataclass(frozen=True)
class TypeText:
    """A type's text taken apart.

    :param base: the name without parameters: ``character varying``, ``public.mood``.
    :param numbers: the parameters: precision and scale, a length.
    """

    base: str
    numbers: tuple[int, ...] = ()
    array: bool = False

    @classmethod
    def of(cls, text: str) -> TypeText:
        """Take a text apart."""
        array = text.endswith("[]")
        plain = text[:-2] if array else text
        if plain.startswith('"') or '."' in plain:
            return cls(plain, (), array)
        found = _PARAMETERS.search(plain)
        if found is None:
            return cls(plain, (), array)
        base = plain[: found.start()] + plain[found.end() :]
        return cls(base, tuple(int(n) for n in found.group(1).split(",")), array)

    @property
    def key(self) -> tuple[str, ...] | None:
        """Schema and name of a type that is not the server's own."""
        path = Reader(self.base).path()
        return path if path is not None and len(path) == 2 else None

    @property
    def element(self) -> TypeText:
        """The type of an array's elements."""
        return replace(self, array=False)

    def resolved(self, side: Snapshot) -> TypeText:
        """The type that a domain stands for, through all domains."""
        domain = side.get("domain", *self.key) if self.key is not None else None
        if domain is None:
            return self
        inner = TypeText.of(domain.get("type") or "").resolved(side)
        return replace(inner, array=inner.array or self.array)


def labels_of(enum_labels: str | None) -> list[str]:
    """The labels in an enum's attribute, which has them as ``quote_literal`` writes them."""
    found = []
    for escape, inside in _LABEL.findall(enum_labels or ""):
        label = inside.replace("''", "'")
        found.append(label.replace("\\\\", "\\") if escape else label)
    return found


def type_of(
    c: Comparison, side: Snapshot, text: str, collation: str | None = None
) -> TypeEngine[Any]:
    """SQLAlchemy's type for a text of a catalog; nothing creates it implicitly.

    :param collation: a column's own, as ``schema.name``.
    """
    found = TypeText.of(text)
    if collation is not None:
        path = Reader(collation).path()
        if found.base not in _COLLATED or found.array or path is None or path[0] != "pg_catalog":
            return Verbatim(f"{text} COLLATE {collation}")
        return _COLLATED[found.base](*found.numbers, collation=path[-1])
    if found.array:
        element = type_of(c, side, text[:-2])
        return Verbatim(text) if isinstance(element, Verbatim) else sa.ARRAY(element)
    if found.key is not None:
        return _named(c, side, found, text)
    made = _built_in(found)
    return Verbatim(text) if made is None else made


def _named(c: Comparison, side: Snapshot, found: TypeText, text: str) -> TypeEngine[Any]:
    key = found.key
    assert key is not None
    schema = c.schema_of(key)
    enum, domain = side.get("enum", *key), side.get("domain", *key)
    if enum is not None:
        labels = labels_of(enum.get("labels"))
        return pg.ENUM(*labels, name=key[1], schema=schema, create_type=False)
    if domain is not None:
        base = type_of(c, side, domain.get("type") or "")
        return pg.DOMAIN(key[1], base, schema=schema, create_type=False)
    if schema is None and Reader(found.base).identifier() == key[0]:
        # an extension's type in the schema that every connection looks in
        return Verbatim(text.partition(".")[2])
    return Verbatim(text)


_COLLATED: dict[str, Callable[..., TypeEngine[Any]]] = {
    "character varying": sa.VARCHAR,
    "character": sa.CHAR,
    "text": sa.TEXT,
}
_PLAIN: dict[str, Callable[..., TypeEngine[Any]]] = {
    **_COLLATED,
    "smallint": sa.SMALLINT,
    "integer": sa.INTEGER,
    "bigint": sa.BIGINT,
    "numeric": sa.NUMERIC,
    "real": sa.REAL,
    "double precision": sa.DOUBLE_PRECISION,
    "boolean": sa.BOOLEAN,
    "date": sa.DATE,
    "uuid": sa.UUID,
    "bytea": pg.BYTEA,
    "json": pg.JSON,
    "jsonb": pg.JSONB,
    "inet": pg.INET,
    "cidr": pg.CIDR,
    "macaddr": pg.MACADDR,
    "macaddr8": pg.MACADDR8,
    "money": pg.MONEY,
    "oid": pg.OID,
    "tsvector": pg.TSVECTOR,
    "tsquery": pg.TSQUERY,
    "bit": pg.BIT,
    "int4range": pg.INT4RANGE,
    "int8range": pg.INT8RANGE,
    "numrange": pg.NUMRANGE,
    "daterange": pg.DATERANGE,
    "tsrange": pg.TSRANGE,
    "tstzrange": pg.TSTZRANGE,
}


def _built_in(found: TypeText) -> TypeEngine[Any] | None:
    base, numbers = found.base, found.numbers
    if base in _PLAIN:
        return _PLAIN[base](*numbers)
    if base == "bit varying":
        return pg.BIT(numbers[0] if numbers else None, varying=True)
    for word, made in (("timestamp", pg.TIMESTAMP), ("time", pg.TIME)):
        if base in (f"{word} without time zone", f"{word} with time zone"):
            zone = base.endswith("with time zone")
            if numbers:
                return made(timezone=zone, precision=numbers[0])
            return (sa.TIMESTAMP if word == "timestamp" else sa.TIME)(timezone=zone)
    if base.startswith("interval"):
        fields = base.removeprefix("interval").strip() or None
        return pg.INTERVAL(fields=fields, precision=numbers[0] if numbers else None)
    return None
