"""Answers told apart by the catalogs: which name is a table, which a column, which is not there."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.catalog import CatalogObject
from assay.errors import UsageError
from assay.generate.answers import Answers
from assay.generate.declared import declared_columns, declared_tables
from assay.generate.misnamed import (
    drops_nothing,
    not_there,
    nothing_to_rename,
    refuse_two,
    stale_text,
    unknown,
)
from assay.generate.names import Key, Names

if TYPE_CHECKING:
    from sqlalchemy import Table

__all__ = ["Resolution"]


class Resolution:
    """Both catalogs, and the answers as they are told apart."""

    def __init__(
        self, old: Names, new: Names, models: Mapping[Key, Table], answers: Answers
    ) -> None:
        self.old, self.new, self.models, self.said = old, new, models, answers
        self.tables: dict[Key, Key] = {}
        self.columns: dict[Key, str] = {}
        self.stale: list[str] = []

    def answers(self) -> Answers:
        """The answers under the catalogs' names."""
        flags = dict(self.said.renamed)
        for name in self.said.renamed:
            if self._is_table(name):
                self._rename_table(name, flags.pop(name), f"--rename {name}")
        for name, becomes in self.said.tables.items():
            self._rename_table(name, becomes, "the answers")
        self._declared_tables()
        for source, renames in (("--rename", flags), ("the answers", self.said.columns)):
            for name, becomes in renames.items():
                self._rename_column(name, becomes, source)
        self._declared_columns()
        drop, labels = self._drops()
        return replace(
            self.said,
            backfill={self._target(k): v for k, v in self.said.backfill.items()},
            drop=drop,
            labels=labels,
            tables={self.old.text(k): self.new.text(v) for k, v in self.tables.items()},
            columns={self.old.text(k): v for k, v in self.columns.items()},
            values=self._values(),
            renamed={},
            valued={},
            given=tuple(dict.fromkeys(map(self._target, self.said.given))),
        )

    def values_of(self, names: Names, column: CatalogObject) -> Sequence[str]:
        """The values a column may hold: labels of its enum, or those its CHECK for one lists."""
        from sqlalchemy import Enum

        native = names.labels_of(column)
        if native:
            return native
        key = column.key
        if names is self.old:
            key = (*self.tables.get(key[:-1], key[:-1]), self.columns.get(key, key[-1]))
        model = self.models.get(key[:-1])
        found = (
            next((c for c in model.columns if c.name == key[-1]), None)
            if model is not None
            else None
        )
        if found is None or not isinstance(found.type, Enum):
            return ()
        return names.checked_values(column)

    # tables

    def _is_table(self, name: str) -> bool:
        if self._column(name) is None:
            return name in self.old.tables or "." not in name
        if name not in self.old.tables:
            return False
        becomes = self.said.renamed[name]
        return self._new_table(self.old.tables[name], becomes) is not None

    def _new_table(self, table: Key, becomes: str) -> Key | None:
        beside = ".".join((*table[:-1], becomes))
        return self.new.tables.get(beside) or self.new.tables.get(becomes)

    def _rename_table(self, name: str, becomes: str, source: str) -> None:
        table = self.old.tables.get(name)
        if table is None:
            raise unknown(source, "table", name, becomes, "the chain", name, self.old.tables)
        after = self._new_table(table, becomes)
        if after is None:
            raise unknown(source, "table", name, becomes, "the models", becomes, self.new.tables)
        self.tables[table] = after

    def _declared_tables(self) -> None:
        dropped = {self.old.tables.get(name) for name in self.said.drop}
        for declared in declared_tables(self.models, self.old):
            taken = declared.new in self.tables.values() or declared.old in self.tables
            if taken or (declared.old is not None and declared.old in dropped):
                continue
            if declared.done:
                self.stale.append(stale_text(declared, self.new))
            elif declared.old is not None:
                self.tables[declared.old] = declared.new
            elif self.old.tables:
                raise nothing_to_rename(declared, self.new, self.old.tables)
        refuse_two(self.tables, self.old, self.new, self.old.tables.values())

    # columns

    def _column(self, name: str) -> Key | None:
        """The old column that a name means, its table under its old or new name."""
        if name in self.old.columns:
            return self.old.columns[name]
        for table, after in self.tables.items():
            for spelled in (self.new.text(after), ".".join(after)):
                rest = name[len(spelled) + 1 :]
                if name.startswith(f"{spelled}.") and rest in self.old.columns_of(table):
                    return (*table, rest)
        return None

    def _rename_column(self, name: str, becomes: str, source: str) -> None:
        column = self._column(name)
        if column is None:
            raise unknown(source, "column", name, becomes, "the chain", name, self.old.columns)
        after = self.tables.get(column[:-1], column[:-1])
        there = self.new.columns_of(after)
        bare = becomes if becomes in there else becomes.rpartition(".")[2]
        if bare not in there:
            wanted = f"{self.new.text(after)}.{bare}"
            raise unknown(source, "column", name, becomes, "the models", wanted, self.new.columns)
        self.columns[column] = bare

    def _declared_columns(self) -> None:
        dropped = {self._column(name) for name in self.said.drop}
        back = {after: table for table, after in self.tables.items()}
        taken = {(*self.tables.get(k[:-1], k[:-1]), v) for k, v in self.columns.items()}
        for declared in declared_columns(self.models, self.old, back):
            if (
                declared.new in taken
                or declared.old in self.columns
                or (declared.old is not None and declared.old in dropped)
            ):
                continue
            if declared.done:
                self.stale.append(stale_text(declared, self.new))
            elif declared.old is not None:
                self.columns[declared.old] = declared.new[-1]
            else:
                raise nothing_to_rename(declared, self.new, self.old.columns)
        for table in {k[:-1] for k in self.columns}:
            mine = {k: (*table, v) for k, v in self.columns.items() if k[:-1] == table}
            refuse_two(mine, self.old, self.old, [(*table, n) for n in self.old.columns_of(table)])

    # the rest

    def _values(self) -> dict[str, Mapping[str, str | None]]:
        found: dict[Key, dict[str, str | None]] = {}
        for name, values in self.said.values.items():
            column = self._column(name) or self._by_new_name(name)
            if column is None:
                raise not_there(f"the answers give values for {name}", name, self.old.columns)
            found.setdefault(column, {}).update(values)
        for name, becomes in self.said.valued.items():
            column, label = self._label(name, f"--value {name}")
            found.setdefault(column, {})[label] = becomes
        for column, values in found.items():
            self._check_values(column, values)
        return {self.old.text(column): values for column, values in found.items()}

    def _by_new_name(self, name: str) -> Key | None:
        """The old column of a name that it has in the models only."""
        for column, becomes in self.columns.items():
            after = (*self.tables.get(column[:-1], column[:-1]), becomes)
            if name in (self.new.text(after), ".".join(after)):
                return column
        return None

    def _label(self, name: str, source: str) -> tuple[Key, str]:
        """The old column and the value that ``table.column.value`` means."""
        for at in [n for n, letter in enumerate(name) if letter == "."][::-1]:
            column = self._column(name[:at]) or self._by_new_name(name[:at])
            if column is not None:
                return column, name[at + 1 :]
        raise not_there(source, name.rpartition(".")[0], self.old.columns)

    def _check_values(self, column: Key, values: Mapping[str, str | None]) -> None:
        now = (*self.tables.get(column[:-1], column[:-1]), self.columns.get(column, column[-1]))
        after = self.new.snapshot.get("column", *now)
        labels = self.values_of(self.new, after) if after is not None else ()
        name = self.old.text(column)
        for old, new in values.items():
            if labels and new is not None and new not in labels:
                near = difflib.get_close_matches(new, labels, n=1)
                raise UsageError(
                    f"The value {old!r} of {name} cannot become {new!r}: the models do not have it.",
                    next_step=f"Did you mean {near[0]!r}?"
                    if near
                    else "They have: " + ", ".join(map(repr, labels)) + ".",
                )

    def _drops(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is dropped by the name it has then, and the enum labels among it."""
        drop: list[str] = []
        labels = list(self.said.labels)
        for name in self.said.drop:
            column, label = self._column(name), self._gone_label(name)
            if column is not None:
                after = self.tables.get(column[:-1], column[:-1])
                if column in self.columns or column[-1] in self.new.columns_of(after):
                    raise drops_nothing(name)
                drop.append(f"{self.new.text(after)}.{column[-1]}")
            elif name in self.old.tables:
                table = self.old.tables[name]
                if table in self.tables or table in self.new.tables.values():
                    raise drops_nothing(name)
                drop.append(self.old.text(table))
            elif label is not None:
                labels.append(label)
            else:
                raise drops_nothing(name)
        return tuple(dict.fromkeys(drop)), tuple(dict.fromkeys(labels))

    def _gone_label(self, name: str) -> str | None:
        """The enum label that ``table.column.label`` means, under the column's old name."""
        try:
            column, label = self._label(name, "--drop")
        except UsageError:
            return None
        held = self.values_of(self.old, self.old.snapshot.by_identity["column", column])
        return f"{self.old.text(column)}.{label}" if label in held else None

    def _target(self, name: str) -> str:
        """A slot's name: that of the column after the renames."""
        if name in self.new.columns:
            return self.new.text(self.new.columns[name])
        column = self._column(name)
        if column is None:
            return name
        after = self.tables.get(column[:-1], column[:-1])
        return f"{self.new.text(after)}.{self.columns.get(column, column[-1])}"
