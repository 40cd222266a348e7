"""Values for a column, by the type its catalog says: the same value for the same number, always."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from assay.dialects.shapes import ColumnType, MakeValue, Value

__all__ = ["OwnValue", "is_number", "is_string", "text_of_length", "value"]

OwnValue = Callable[[ColumnType, int, MakeValue], Value | None]
"""One engine's values, for types that others do not have: ``RowDialect.value``."""

# Names of all engines stand together: one that an engine does not have does no harm.
_NUMBERS = frozenset((
    "smallint", "integer", "bigint", "int", "tinyint", "mediumint", "numeric", "decimal",
    "money", "real", "float", "double", "oid",
))  # fmt: skip
_STRINGS = frozenset((
    "text", "varchar", "char", "character", "citext", "name", "bpchar", "string", "nvarchar",
    "nchar", "clob",
))  # fmt: skip
_DAY = date(2020, 1, 1)
_MOMENT = datetime(2020, 1, 1, 10, 20, 30, 123456)


def is_number(kind: ColumnType) -> bool:
    """Numbers found in a check constraint may be values of this type."""
    return kind.kind == "base" and kind.name in _NUMBERS


def is_string(kind: ColumnType) -> bool:
    """Any text is a value of this type, its length permitting."""
    return kind.kind == "base" and kind.name in _STRINGS


def value(
    kind: ColumnType, number: int, shift: int = 0, own: OwnValue | None = None
) -> Value | None:
    """The ``number``-th value of a type, counted from 1; None where nothing is known of the type.

    Types with few values repeat them.

    :param shift: added for types with an order, so that ``starts_on < ends_on`` has a chance: pass
        the column's place in its table.
    :param own: the engine's own types; None: they are not known.
    """
    if kind.kind == "enum":
        return kind.labels[(number - 1) % len(kind.labels)] if kind.labels else None
    if kind.kind == "base":
        if kind.name in _STRINGS:
            return _string(kind, number)
        if kind.name in ("numeric", "decimal"):
            return _numeric(kind.parameters, number + shift)
        if kind.name in _ORDERED:
            return _ORDERED[kind.name](number + shift)
        if kind.name in _PLAIN:
            return _PLAIN[kind.name](number)
    if own is None:
        return None
    return own(kind, number, lambda part, count: value(part, count, own=own))


def text_of_length(length: int, number: int) -> str:
    """A text of exactly that many characters, different for every number while there is room."""
    letters = ""
    rest = number
    while rest:
        rest, digit = divmod(rest, 26)
        letters = chr(ord("a") + digit) + letters
    return letters.rjust(length, "a")[-length:] if length else ""


def _string(kind: ColumnType, number: int) -> str:
    length = kind.parameters[0] if kind.parameters else None
    if kind.name == "name":
        length = 63
    if kind.name in ("char", "character", "bpchar") and length in (32, 36):
        made = _uuid(number)  # what SQLAlchemy's Uuid becomes where there is no such type
        return made if length == 36 else made.replace("-", "")
    made = f"text {number}"
    return made if length is None or len(made) <= length else text_of_length(length, number)


def _numeric(parameters: tuple[int, ...], number: int) -> Decimal:
    precision, scale = (*parameters, 0)[:2] if parameters else (12, 2)
    if scale < 0:
        return Decimal(number % 10**precision).scaleb(-scale)
    if scale >= precision:
        return Decimal(number % 10**precision).scaleb(-scale)
    whole = number % 10 ** (precision - scale)
    return Decimal(f"{whole}.{('25' * scale)[:scale]}") if scale else Decimal(whole)


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def _time(number: int) -> str:
    return (_MOMENT + timedelta(seconds=number)).strftime("%H:%M:%S.%f")


_ORDERED: dict[str, Callable[[int], Value]] = {
    "smallint": lambda number: number % 32000,
    "tinyint": lambda number: number % 127,
    "mediumint": lambda number: number,
    "integer": lambda number: number,
    "int": lambda number: number,
    "bigint": lambda number: number,
    "real": lambda number: number + 0.5,
    "float": lambda number: number + 0.5,
    "double": lambda number: number + 0.5,
    "money": lambda number: Decimal(f"{number}.25"),
    "date": lambda number: (_DAY + timedelta(days=number)).isoformat(),
    "timestamp": lambda number: (_MOMENT + timedelta(days=number)).isoformat(" "),
    "datetime": lambda number: (_MOMENT + timedelta(days=number)).isoformat(" "),
    "time": _time,
    "year": lambda number: 2000 + number % 100,
}

_PLAIN: dict[str, Callable[[int], Value]] = {
    "boolean": lambda number: number % 2 == 1,
    "bool": lambda number: number % 2 == 1,
    "uuid": _uuid,
    "json": lambda number: f'{{"number": {number}}}',
    "jsonb": lambda number: f'{{"number": {number}}}',
    "blob": lambda number: b"\x00\xff" + str(number).encode(),
}
