"""Renames that a revision makes, read from its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.catalog import Snapshot
from assay.generate.answers import Answers
from assay.generate.names import Names

__all__ = ["renames_in"]


def renames_in(path: Path, before: Snapshot | None = None) -> Answers:
    """The renames that ``upgrade()`` of a revision makes, as answers to generate it again.

    ``op.rename_table``, ``op.alter_column(new_column_name=)``, ``op.rename_column``, the same in
    ``op.batch_alter_table``, ``op.move_table``, and values from ``op.map_values``. Names that are
    no literals are not seen.

    :param before: the catalog before the revision; with it, values of enum types are told as those
        of a column (``op.rename_enum_value``, ``op.replace_enum``).
    :raises SyntaxError: the file is not Python.
    """
    made = _Made()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade":
            for statement in node.body:
                made.read(statement)
    if before is not None and made.types:
        names = Names(before, "public")
        for column in before.of_kind("column"):
            enum, target = names.enum_of(column), names.text(column.key)
            if enum is not None and enum.kind == "enum" and names.text(enum.key) in made.types:
                values = made.types.pop(names.text(enum.key))
                made.values.setdefault(target, {}).update(values)
    return Answers(tables=made.tables, columns=made.columns, values=made.values)


class _Made:
    """Statement by statement: every name is traced back to the one it had first."""

    def __init__(self) -> None:
        self.tables: dict[str, str] = {}
        self.columns: dict[str, str] = {}
        self.values: dict[str, dict[str, str | None]] = {}
        self.types: dict[str, dict[str, str | None]] = {}
        self.batches: dict[str, str] = {}

    def read(self, statement: ast.stmt) -> None:
        """One statement with what is in it, in order."""
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            for item in statement.items:
                self._batch(item)
            for inner in statement.body:
                self.read(inner)
            return
        for call in _calls(statement):
            self._call(call)

    def _batch(self, item: ast.withitem) -> None:
        call = item.context_expr
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "batch_alter_table"
            and isinstance(item.optional_vars, ast.Name)
        ):
            given = _arguments(call, "table_name")
            if given.get("table_name"):
                self.batches[item.optional_vars.id] = _dotted(given, given["table_name"])

    def _call(self, call: ast.Call) -> None:
        assert isinstance(call.func, ast.Attribute)
        owner = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
        batch = self.batches.get(owner)
        name = call.func.attr
        if name == "rename_table":
            given = _arguments(call, "old_table_name", "new_table_name")
            if given.get("old_table_name") and given.get("new_table_name"):
                before = _dotted(given, given["old_table_name"])
                self.tables[self._first(before)] = _dotted(given, given["new_table_name"])
        elif name == "move_table":
            given = _arguments(call, "table_name", "new_schema")
            if given.get("table_name") and given.get("new_schema"):
                after = _dotted({"schema": given["new_schema"]}, given["table_name"])
                self.tables[self._first(_dotted(given, given["table_name"]))] = after
        elif name in ("alter_column", "rename_column"):
            self._column(call, name, batch)
        elif name in ("rename_enum_value", "replace_enum"):
            given = _arguments(call, "name", "old", "new")
            label = name == "rename_enum_value" and given.get("old") and given.get("new")
            values = {given["old"]: given["new"]} if label else given.get("values") or {}
            if given.get("name") and values:
                self.types.setdefault(_dotted(given, given["name"]), {}).update(values)
        elif name == "map_values":
            given = _arguments(call, "table_name", "column_name", "values")
            if all(given.get(n) for n in ("table_name", "column_name", "values")):
                target = self._target(_dotted(given, given["table_name"]), given["column_name"])
                self.values.setdefault(target, {}).update(given["values"])

    def _column(self, call: ast.Call, name: str, batch: str | None) -> None:
        names = ("column_name", "new_column_name")
        if name == "rename_column":
            names = ("old_name", "new_name")
        given = _arguments(
            call,
            *(() if batch else ("table_name",)),
            names[0],
            *(names[1:] if name == "rename_column" else ()),
        )
        table = batch or (_dotted(given, given["table_name"]) if given.get("table_name") else None)
        if table and given.get(names[0]) and given.get(names[1]):
            self.columns[self._target(table, given[names[0]])] = given[names[1]]

    def _first(self, table: str) -> str:
        """The name a table had before this revision."""
        return next((old for old, new in self.tables.items() if new == table), table)

    def _target(self, table: str, column: str) -> str:
        """``table.column`` as both were before this revision."""
        first = self._first(table)
        start = f"{first}."
        for old, new in self.columns.items():
            if new == column and old.startswith(start) and "." not in old[len(start) :]:
                return old
        return f"{first}.{column}"


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """Method calls in a statement, in the order they stand."""
    found = [
        node
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    return iter(sorted(found, key=lambda c: (c.lineno, c.col_offset)))


def _arguments(call: ast.Call, *positional: str) -> dict[str, Any]:
    """Literal arguments by name."""
    given = dict(zip(positional, call.args, strict=False))
    given.update({k.arg: k.value for k in call.keywords if k.arg})
    found: dict[str, Any] = {}
    for name, node in given.items():
        try:
            found[name] = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError):
            continue
    return found


def _dotted(given: dict[str, Any], table: str) -> str:
    return f"{given['schema']}.{table}" if given.get("schema") not in (None, "public") else table
