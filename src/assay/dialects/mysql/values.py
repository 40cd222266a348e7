"""Values of the types that only MySQL and MariaDB have."""

from __future__ import annotations

from collections.abc import Callable

from assay.dialects.shapes import ColumnType, MakeValue, Value

__all__ = ["GEOMETRIES", "GUESSES", "value"]

GUESSES = ("1", "a", "2020-01-01", "{}", "")
"""Texts of which one may be a value of a type that nothing is known of."""

GEOMETRIES = (
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
    "geometrycollection", "geomcollection",
)  # fmt: skip


def value(kind: ColumnType, number: int, _make: MakeValue) -> Value | None:
    """The ``number``-th value of a type, counted from 1; None where nothing is known of the type."""
    maker = _PLAIN.get(kind.name)
    return None if maker is None else maker(kind, number)


def _bits(kind: ColumnType, number: int) -> int:
    return number % int(2 ** (kind.parameters[0] if kind.parameters else 1))


def _binary(kind: ColumnType, number: int) -> bytes:
    length = kind.parameters[0] if kind.parameters else 1
    digits = str(number).encode()
    return digits.rjust(min(length, 16), b"0")[-length:] if length else b""


def _vector(kind: ColumnType, number: int) -> str:
    length = kind.parameters[0] if kind.parameters else 3
    return "[" + ",".join([str(number)] * length) + "]"


def _ring(number: int) -> str:
    return f"(0 0,0 1,{number} 1,0 0)"


_PLAIN: dict[str, Callable[[ColumnType, int], Value]] = {
    "bit": _bits,
    "binary": _binary,
    "varbinary": _binary,
    "inet4": lambda _, number: f"10.0.{number // 250 % 250}.{number % 250}",
    "inet6": lambda _, number: f"2001:db8::{number % 65536:x}",
    "vector": _vector,
    "geometry": lambda _, number: f"POINT({number} 1)",
    "point": lambda _, number: f"POINT({number} 1)",
    "linestring": lambda _, number: f"LINESTRING(0 0,{number} 1)",
    "polygon": lambda _, number: f"POLYGON({_ring(number)})",
    "multipoint": lambda _, number: f"MULTIPOINT({number} 1)",
    "multilinestring": lambda _, number: f"MULTILINESTRING((0 0,{number} 1))",
    "multipolygon": lambda _, number: f"MULTIPOLYGON(({_ring(number)}))",
    "geometrycollection": lambda _, number: f"GEOMETRYCOLLECTION(POINT({number} 1))",
    "geomcollection": lambda _, number: f"GEOMETRYCOLLECTION(POINT({number} 1))",
}
