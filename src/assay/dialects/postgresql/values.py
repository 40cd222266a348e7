"""Values of the types that only PostgreSQL has, as its server reads them from text."""

from __future__ import annotations

from collections.abc import Callable

from assay.dialects.shapes import ColumnType, MakeValue, Value

__all__ = ["GUESSES", "as_text", "value"]

GUESSES = ("1", "a", "{}", "(1,1)", "[1,1]", "<a/>", "a=>1", "978-0-306-40615-7", "")
"""Texts of which one may be a value of an extension's type."""


def as_text(made: Value) -> str:
    """The value as PostgreSQL reads it from text."""
    if isinstance(made, bool):
        return "true" if made else "false"
    if isinstance(made, bytes):
        return "\\x" + made.hex()
    return str(made)


def value(kind: ColumnType, number: int, make: MakeValue) -> Value | None:
    """The ``number``-th value of a type, counted from 1; None where nothing is known of the type.

    :param make: gives the values of elements and fields.
    """
    if kind.kind == "composite":
        fields = [make(field, number) for field in kind.fields]
        return "(" + ",".join("" if one is None else _quoted(one) for one in fields) + ")"
    if kind.kind != "base":
        return _of_elements(kind, number, make)
    maker = _PLAIN.get(kind.name)
    return None if maker is None else maker(kind, number)


def _of_elements(kind: ColumnType, number: int, make: MakeValue) -> str | None:
    if kind.element is None:
        return None
    if kind.kind == "range":
        ends = [make(kind.element, number * 10 + step) for step in (0, 5)]
        if None in ends:
            return None
        return "[" + ",".join(_quoted(end) for end in ends if end is not None) + ")"
    if kind.kind == "multirange":
        made = make(kind.element, number)
        return None if made is None else "{" + as_text(made) + "}"
    items = [make(kind.element, number + step) for step in (0, 1)]
    if None in items:
        return kind.empty
    return "{" + ",".join(_quoted(item) for item in items if item is not None) + "}"


def _quoted(made: Value) -> str:
    return '"' + as_text(made).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bits(kind: ColumnType, number: int) -> str:
    length = kind.parameters[0] if kind.parameters else 8
    return format(number, "b").rjust(length, "0")[-length:]


_PLAIN: dict[str, Callable[[ColumnType, int], Value]] = {
    "interval": lambda _, number: f"{number} days 02:03:04",
    "jsonpath": lambda _, number: f"$.a{number}",
    "inet": lambda _, number: f"10.0.{number // 250 % 250}.{number % 250}",
    "cidr": lambda _, number: f"10.{number % 250}.0.0/16",
    "macaddr": lambda _, number: f"08:00:2b:01:02:{number % 256:02x}",
    "macaddr8": lambda _, number: f"08:00:2b:01:02:03:04:{number % 256:02x}",
    "tsvector": lambda _, number: f"'word{number}'",
    "tsquery": lambda _, number: f"'word{number}'",
    "xml": lambda _, number: f"<number>{number}</number>",
    "bit": _bits,
    "varbit": _bits,
    '"char"': lambda _, number: chr(ord("a") + number % 26),
    "hstore": lambda _, number: f'"number"=>"{number}"',
    "ltree": lambda _, number: f"top.n{number}",
    "vector": lambda kind, number: (
        "[" + ",".join([str(number)] * (kind.parameters[0] if kind.parameters else 3)) + "]"
    ),
    "point": lambda _, number: f"({number},{number + 1})",
    "lseg": lambda _, number: f"[(0,0),({number},1)]",
    "box": lambda _, number: f"({number},1),(0,0)",
    "path": lambda _, number: f"((0,0),({number},1))",
    "polygon": lambda _, number: f"((0,0),(0,1),({number},1))",
    "circle": lambda _, number: f"<(0,0),{number}>",
    "line": lambda _, number: f"{{1,2,{number}}}",
    "cube": lambda _, number: f"({number},1)",
    "geometry": lambda _, number: f"POINT({number} 1)",
    "geography": lambda _, number: f"POINT({number % 90} 1)",
    "oid": lambda _, number: number,
    "regclass": lambda _, __: "pg_class",
    "regtype": lambda _, __: "integer",
    "pg_lsn": lambda _, number: f"0/{number:X}",
}
