"""What of a copied database need not read as it does in its source, though nobody has changed it.

A copy is made of what ``SHOW CREATE`` says. The server says that from what ``information_schema`` is
read from, and InnoDB's tables, columns, indexes and foreign keys come back as they were. What may not
(MariaDB 10.11, measured): Aria's options, the name of a column's check after the column was renamed, the
character set of a routine's parameters. An expression is rendered, parsed and rendered once more.
"""

from __future__ import annotations

import re

from assay.dialects.mysql.objects import Row
from assay.dialects.mysql.reading import Rows
from assay.dialects.mysql.texts import quoted

__all__ = ["doubted_parts"]

_LITERAL = re.compile(
    r"NULL|-?\d+(?:\.\d+)?|b?'(?:[^'\\]|'')*'|current_timestamp\(\d*\)", re.IGNORECASE
)
"""A default that is no expression; one with a backslash depends on ``sql_mode``."""


def doubted_parts(rows: Rows) -> frozenset[str]:
    """The queries of a catalog on MariaDB that may answer otherwise in a copy of these rows' database.

    Views and what only ``SHOW CREATE`` tells are not among them: they are compared anyway.
    """
    tables = rows.tables.values()
    routines, parameters, events = rows.routines
    found = {
        "tables": any(table.table[2] != "InnoDB" for table in tables),
        "columns": not _are_literals({_said(column) for t in tables for column in t.columns}),
        "checks": any(not _of_json(check) for table in tables for check in table.checks),
        "triggers": any(table.triggers for table in tables),
        "routines": bool(routines),
        "parameters": bool(parameters),
        "events": bool(events),
    }
    return frozenset(part for part, doubted in found.items() if doubted)


def _said(column: Row) -> tuple[str, bool]:
    """A column's default, and whether the server says it by itself or works it out."""
    _, _, typed, nullable, default, _, generated = column[:7]
    # explicit_defaults_for_timestamp tells what one without a default is
    by_itself = default is None and nullable == "NO" and typed.startswith("timestamp")
    return "NULL" if default is None else default, bool(generated) or by_itself


def _are_literals(said: set[tuple[str, bool]]) -> bool:
    return all(not other and _LITERAL.fullmatch(default) is not None for default, other in said)


def _of_json(check: Row) -> bool:
    """What MariaDB makes of a column declared as JSON, under the column's own name."""
    _, name, level, clause, _ = check
    return (level, clause) == ("Column", f"json_valid({quoted(name)})")
