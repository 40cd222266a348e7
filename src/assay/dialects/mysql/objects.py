"""Rows of ``information_schema`` as catalog objects."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from assay.catalog import CatalogObject
from assay.dialects.mysql.queries import Server
from assay.dialects.mysql.shown import ShownTable, read_sequence, read_table
from assay.dialects.mysql.texts import identifier, literal, without_database

__all__ = ["Row", "TableRows", "routine_objects", "sum_of", "table_objects", "view_object"]

Row = tuple[Any, ...]


@dataclass(frozen=True)
class TableRows:
    """All rows about one table or sequence, and its ``SHOW CREATE`` where one was asked for."""

    table: Row
    columns: tuple[Row, ...] = ()
    indexes: tuple[Row, ...] = ()
    key_columns: tuple[Row, ...] = ()
    foreign_keys: tuple[Row, ...] = ()
    checks: tuple[Row, ...] = ()
    triggers: tuple[Row, ...] = ()
    create: str | None = field(default=None)
    shown: str | None = field(default=None, compare=False, repr=False)
    """What ``SHOW CREATE TABLE`` gave just before the rows were read, where it was asked."""

    @cached_property
    def expressions(self) -> str:
        """All texts in which a database may be named: defaults, generated columns, keys, checks."""
        texts = [text for row in self.columns for text in (row[4], row[6])]
        texts += [row[10] for row in self.indexes] + [row[3] for row in self.checks]
        return "\n".join(filter(None, texts))

    @cached_property
    def sums(self) -> Mapping[str, tuple[int, int]]:
        """Of each field that holds rows: how many, and the sum of their CRC32."""
        texts = ("create", "shown")
        held = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in texts}
        return {name: sum_of(rows) for name, rows in {**held, "table": (self.table,)}.items()}


def sum_of(rows: Iterable[Row]) -> tuple[int, int]:
    """How many rows, and the sum of their CRC32, as the server counts them."""
    texts = ["\x1f".join([str(one) for one in row if one is not None]) for row in rows]
    return len(texts), sum(zlib.crc32(text.encode()) for text in texts)


def table_objects(rows: TableRows, server: Server) -> list[CatalogObject]:
    """A table with all that belongs to it, or a sequence."""
    name, kind, engine, collation, options, comment = rows.table
    if kind == "SEQUENCE":
        values = read_sequence(rows.create or "")
        return [CatalogObject.make("sequence", (name,), {**values, "engine": engine})]
    shown = read_table(rows.create) if rows.create is not None else None
    listed = _options(options or "")
    if kind == "SYSTEM VERSIONED":
        listed["with system versioning"] = None
    for period in shown.periods if shown else ():
        listed[f"period for {period}"] = None
    row_format = listed.pop("row_format", None)
    attributes = {
        "engine": engine,
        "collation": collation,
        "comment": comment or None,
        "options": " ".join(sorted(_option(*one) for one in listed.items())) or None,
        "row format": row_format,
        "partitioning": shown.partitioning if shown else None,
    }
    column_checks = {check[1]: check[3] for check in rows.checks if check[2] == "Column"}
    return [
        CatalogObject.make("table", (name,), attributes),
        *(_column(row, server, column_checks.get(row[1])) for row in rows.columns),
        *_indexes(rows.indexes, shown, server),
        *_foreign_keys(rows.key_columns, rows.foreign_keys, server),
        *(_check(row, server) for row in rows.checks if row[2] != "Column"),
        *(_trigger(row) for row in rows.triggers),
    ]


def _options(text: str) -> dict[str, str | None]:
    """``CREATE_OPTIONS``: keys in lower case; that a table is partitioned is said elsewhere."""
    found: dict[str, str | None] = {}
    for part in re.findall(r"""[^\s='"]+=(?:'[^']*'|"[^"]*"|\S*)|\S+""", text):
        key, sign, value = part.partition("=")
        found[key.strip("`").lower()] = value.strip("'\"") if sign else None
    found.pop("partitioned", None)
    if found.get("row_format"):
        found["row_format"] = str(found["row_format"]).upper()
    return found


def _option(key: str, value: str | None) -> str:
    return key if value is None else f"{key}={value}"


_EXTRA = re.compile(
    r"(?P<auto>auto_increment)|on update (?P<update>[\w]+(?:\(\d*\))?)"
    r"|(?P<generated>STORED|VIRTUAL|PERSISTENT) GENERATED|(?P<invisible>INVISIBLE)"
    r"|(?P<unversioned>WITHOUT SYSTEM VERSIONING)",
    re.IGNORECASE,
)


def _column(row: Row, server: Server, check: str | None) -> CatalogObject:
    table, name, typed, nullable, default, extra, generated = row[:7]
    charset, collation, comment, srid = row[7:]
    said: dict[str, str] = {}
    default = _default(default, extra or "", server.mariadb, typed)
    for found in _EXTRA.finditer(extra or ""):
        said.update({key: value for key, value in found.groupdict().items() if value})
    attributes = {
        "type": typed,
        "not null": "true" if nullable == "NO" else "false",
        "default": default and without_database(default, server.database),
        "on update": said.get("update"),
        "autoincrement": "yes" if "auto" in said else None,
        "generated": _generated(generated, server) if generated else None,
        "generated kind": _generated_kind(said.get("generated")),
        "charset": charset,
        "collation": collation,
        "comment": comment or None,
        "invisible": "yes" if "invisible" in said else None,
        "check": check and without_database(check, server.database),
    }
    if "unversioned" in said:
        attributes["system versioning"] = "no"
    if srid is not None:
        attributes["srid"] = srid
    return CatalogObject.make("column", (table, name), attributes)


def _generated_kind(said: str | None) -> str | None:
    return said and {"persistent": "stored"}.get(said.lower(), said.lower())


def _generated(text: str, server: Server) -> str:
    # MySQL escapes the quotes of an expression there (MySQL bug 100607)
    plain = text if server.mariadb else text.replace("\\'", "'")
    return without_database(plain, server.database)


def _default(text: str | None, extra: str, mariadb: bool, typed: str) -> str | None:
    """A default as it can stand in DDL. A nullable column without one has DEFAULT NULL anyway.

    MariaDB says it as SQL, and ``NULL`` where a column may be null. MySQL says a literal's bare text
    and marks an expression in ``EXTRA``; written from its documentation.
    """
    if text is None or (mariadb and text == "NULL"):
        return None
    if mariadb:
        return text
    if "DEFAULT_GENERATED" in extra.upper():
        bare = text.replace("\\'", "'")
        return bare if bare.upper().startswith("CURRENT_TIMESTAMP") else f"({bare})"
    if typed.startswith(("bit", "binary", "varbinary")) and re.match(r"(?i)b'|0x", text):
        return text
    if typed.startswith(("timestamp", "datetime")) and text.upper().startswith("CURRENT_TIMESTAMP"):
        return text
    return literal(text)


def _indexes(
    rows: Iterable[Row], shown: ShownTable | None, server: Server
) -> Iterator[CatalogObject]:
    gathered: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row[1], int(row[2]))):
        gathered.setdefault(row[1], []).append(row)
    for name, parts in gathered.items():
        table, non_unique, typed, comment, ignored = (parts[0][n] for n in (0, 3, 7, 8, 9))
        columns = ", ".join(_part(part, server) for part in parts)
        if shown is not None and name in shown.without_overlaps:
            columns += " WITHOUT OVERLAPS"
        attributes: dict[str, str | None] = {"columns": columns}
        if name == "PRIMARY":
            yield CatalogObject.make("primary key", (table, name), attributes)
            continue
        attributes |= {
            "type": typed,
            "comment": comment or None,
            "ignored": "yes" if ignored == "YES" else None,
        }
        if shown is not None and name in shown.parsers:
            attributes["parser"] = shown.parsers[name]
        kind = "index" if str(non_unique) == "1" else "unique"
        yield CatalogObject.make(kind, (table, name), attributes)


def _part(row: Row, server: Server) -> str:
    column, order, length, typed, expression = row[4], row[5], row[6], row[7], row[10]
    text = f"({_generated(expression, server)})" if column is None else identifier(column)
    if length is not None and typed not in ("SPATIAL", "RTREE", "FULLTEXT"):
        text += f"({length})"
    return f"{text} DESC" if order == "D" else text


def _foreign_keys(
    columns: Iterable[Row], rules: Iterable[Row], server: Server
) -> Iterator[CatalogObject]:
    gathered: dict[str, list[Row]] = {}
    for row in sorted(columns, key=lambda row: (row[1], int(row[2]))):
        gathered.setdefault(row[1], []).append(row)
    by_name = {row[1]: row for row in rules}
    unsaid = "RESTRICT" if server.mariadb else "NO ACTION"
    for name, parts in gathered.items():
        table, schema, target = parts[0][0], parts[0][4], parts[0][5]
        rule = by_name.get(name, (None,) * 5)
        attributes = {
            "columns": ", ".join(identifier(part[3]) for part in parts),
            "target": identifier(target)
            if schema is None
            else f"{identifier(schema)}.{identifier(target)}",
            "target columns": ", ".join(identifier(part[6]) for part in parts),
            "on update": None if rule[2] == unsaid else rule[2],
            "on delete": None if rule[3] == unsaid else rule[3],
            "match": None if rule[4] == "NONE" else rule[4],
        }
        yield CatalogObject.make("foreign key", (table, name), attributes)


def _check(row: Row, server: Server) -> CatalogObject:
    table, name, _, clause, enforced = row
    attributes = {
        "check": _generated(clause, server),
        "enforced": "no" if enforced == "NO" else None,
    }
    return CatalogObject.make("check", (table, name), attributes)


def _trigger(row: Row) -> CatalogObject:
    table, name, timing, event, order, body = row
    attributes = {"timing": timing, "event": event, "order": str(order), "definition": body}
    return CatalogObject.make("trigger", (table, name), attributes)


def view_object(row: Row, server: Server, definition: str | None = None) -> CatalogObject:
    """A view; ``definition`` is given where taking the database's name out is not safe."""
    name, text, option, security, algorithm = row
    attributes = {
        "definition": definition or without_database(text or "", server.database),
        "check option": None if option == "NONE" else option,
        "security": None if security == "DEFINER" else security,
        "algorithm": None if algorithm == "UNDEFINED" else algorithm,
    }
    return CatalogObject.make("view", (name,), attributes)


def routine_objects(
    routines: Iterable[Row], parameters: Iterable[Row], events: Iterable[Row]
) -> Iterator[CatalogObject]:
    """Procedures, functions, packages and events."""
    taken: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(parameters, key=lambda row: (row[0], row[1], int(row[2]))):
        taken.setdefault((row[0], row[1]), []).append(row)
    for kind, name, returns, body, deterministic, access, security, comment in routines:
        attributes = {
            "parameters": ", ".join(_parameter(row) for row in taken.get((kind, name), ())),
            "returns": returns,
            "definition": body,
            "deterministic": "yes" if deterministic == "YES" else None,
            "data access": None if access == "CONTAINS SQL" else access,
            "security": None if security == "DEFINER" else security,
            "comment": comment or None,
        }
        yield CatalogObject.make(kind.lower(), (name,), attributes)
    for name, typed, value, unit, ends, status, completion, body, comment in events:
        attributes = {
            "schedule": f"EVERY {value} {unit}" if typed == "RECURRING" else "AT",
            "ends": ends,
            "status": None if status == "ENABLED" else status,
            "preserve": "yes" if completion == "PRESERVE" else None,
            "definition": body,
            "comment": comment or None,
        }
        yield CatalogObject.make("event", (name,), attributes)


def _parameter(row: Row) -> str:
    mode, name, typed, charset, collation = row[3], row[4], row[5], row[6], row[7]
    text = f"{mode} {identifier(name)} {typed}" if mode != "IN" else f"{identifier(name)} {typed}"
    return f"{text} CHARACTER SET {charset} COLLATE {collation}" if charset else text
