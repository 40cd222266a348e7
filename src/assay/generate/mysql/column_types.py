"""SQLAlchemy types from ``COLUMN_TYPE``, such that ``CREATE TABLE`` gives that text again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from assay.catalog import CatalogObject
from assay.generate.mysql.text import strings
from assay.operations.verbatim import Verbatim

__all__ = ["is_json", "type_of", "with_labels"]

_TYPE = re.compile(r"(?P<name>[\w]+)(?:\((?P<arguments>.*)\))?(?P<flags>(?: \w+)*)\Z", re.DOTALL)
_WIDTHS = {"tinyint": 4, "smallint": 6, "mediumint": 9, "int": 11, "bigint": 20}
_INTEGERS: dict[str, tuple[type[TypeEngine[Any]] | None, Any]] = {
    "tinyint": (None, mysql.TINYINT),
    "smallint": (sa.SmallInteger, mysql.SMALLINT),
    "mediumint": (None, mysql.MEDIUMINT),
    "int": (sa.Integer, mysql.INTEGER),
    "bigint": (sa.BigInteger, mysql.BIGINT),
}
_PLAIN: dict[str, Callable[[], TypeEngine[Any]]] = {
    "tinyint(1)": sa.Boolean,
    "text": sa.Text,
    "blob": sa.LargeBinary,
    "date": sa.Date,
    "datetime": sa.DateTime,
    "time": sa.Time,
    "timestamp": sa.TIMESTAMP,
    "float": sa.Float,
    "double": sa.Double,
    "json": sa.JSON,
    "uuid": sa.UUID,
    "year": mysql.YEAR,
    "year(4)": mysql.YEAR,
    "tinyblob": mysql.TINYBLOB,
    "mediumblob": mysql.MEDIUMBLOB,
    "longblob": mysql.LONGBLOB,
}
_TEXTS: dict[str, Any] = {
    "text": mysql.TEXT,
    "tinytext": mysql.TINYTEXT,
    "mediumtext": mysql.MEDIUMTEXT,
    "longtext": mysql.LONGTEXT,
}


def is_json(column: CatalogObject) -> bool:
    """Whether it is MariaDB's JSON: LONGTEXT with a check, in a collation of its own."""
    name = column.key[-1].replace("`", "``")
    return column.get("type") == "longtext" and column.get("check") == f"json_valid(`{name}`)"


def type_of(column: CatalogObject, *, say_collation: bool) -> TypeEngine[Any]:
    """The type of a column as its catalog has it.

    :param say_collation: it is not the table's default.
    """
    text = column.get("type") or ""
    collation = column.get("collation") if say_collation else None
    if is_json(column):
        return sa.JSON()
    if text in _PLAIN and collation is None:
        return _PLAIN[text]()
    found = _TYPE.match(text)
    made = _made(found["name"], found["arguments"], found["flags"], collation) if found else None
    if made is not None:
        return made
    return Verbatim(f"{text} COLLATE {collation}" if collation else text)


def _made(
    name: str, arguments: str | None, flags: str, collation: str | None
) -> TypeEngine[Any] | None:
    said = dict.fromkeys(flags.split(), True)
    if name in _INTEGERS:
        return _integer(name, arguments, said)
    if name in ("enum", "set"):
        return _labelled(name, strings(arguments), collation)
    if said.keys() - {"unsigned", "zerofill"}:
        return None
    numbers = [int(n) for n in re.findall(r"\d+", arguments or "")]
    if name == "decimal":
        decimal: Any = mysql.DECIMAL if said else sa.Numeric
        return decimal(*numbers, **said)  # type: ignore[no-any-return]
    if name in ("float", "double"):
        made: Any = {"float": mysql.FLOAT, "double": mysql.DOUBLE}[name]
        return made(*numbers, **said)  # type: ignore[no-any-return]
    if name in ("varchar", "char"):
        plain: Any = {"varchar": sa.String, "char": sa.CHAR}[name]
        return plain(numbers[0], collation=collation)  # type: ignore[no-any-return]
    if name in _TEXTS:
        return _TEXTS[name](collation=collation)  # type: ignore[no-any-return]
    by_number: dict[str, Callable[[int], TypeEngine[Any]]] = {
        "binary": sa.BINARY,
        "varbinary": sa.VARBINARY,
        "bit": mysql.BIT,
        "datetime": lambda n: mysql.DATETIME(fsp=n),
        "timestamp": lambda n: mysql.TIMESTAMP(fsp=n),
        "time": lambda n: mysql.TIME(fsp=n),
    }
    return by_number[name](numbers[0]) if name in by_number and numbers else None


def _integer(name: str, width: str | None, said: dict[str, bool]) -> TypeEngine[Any]:
    generic, made = _INTEGERS[name]
    unsaid = _WIDTHS[name] - ("unsigned" in said and name != "bigint")
    options: dict[str, Any] = dict(said)
    if width is not None and int(width) != unsaid:
        options["display_width"] = int(width)
    if generic is not None and not options:
        return generic()
    return made(**options)  # type: ignore[no-any-return]


def _labelled(name: str, labels: tuple[str, ...], collation: str | None) -> TypeEngine[Any]:
    if name == "set":
        return mysql.SET(*labels, collation=collation)
    if collation is None:
        return sa.Enum(*labels)
    return mysql.ENUM(*labels, collation=collation)


def with_labels(
    column: CatalogObject, labels: tuple[str, ...], *, say_collation: bool
) -> TypeEngine[Any]:
    """An ENUM like the column's own, with other labels."""
    return _labelled("enum", labels, column.get("collation") if say_collation else None)
