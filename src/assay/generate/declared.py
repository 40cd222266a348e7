"""Renames that the models declare: ``info={"renamed_from": "name"}`` of a column or a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.generate.names import Key, Names

if TYPE_CHECKING:
    from sqlalchemy import Table

__all__ = ["Declared", "declared_columns", "declared_tables", "key_of"]

INFO = "renamed_from"


@dataclass(frozen=True)
class Declared:
    """One declaration.

    :param new: the key of the table or column that declares it.
    :param said: the old name as written.
    :param old: what the chain has under that name; None when there is nothing.
    :param done: the chain has the new name: the declaration is behind it.
    """

    new: Key
    said: str
    old: Key | None
    done: bool


def key_of(table: Table, default_schema: str | None) -> Key:
    """The key of a model table's catalog object."""
    if default_schema is None:
        return (str(table.name),)
    return (str(table.schema or default_schema), str(table.name))


def declared_tables(models: Mapping[Key, Table], old: Names) -> Iterator[Declared]:
    """What tables declare; an old name without a schema is in the table's own, or the default one."""
    known = set(old.tables.values())
    for key, table in models.items():
        said = _said(table)
        if said is not None:
            beside = ".".join((*key[:-1], said))
            found = old.tables.get(beside) or old.tables.get(said)
            yield Declared(key, said, found, key in known and found != key)


def declared_columns(
    models: Mapping[Key, Table], old: Names, renamed: Mapping[Key, Key]
) -> Iterator[Declared]:
    """What columns declare, of tables that the chain has.

    :param renamed: tables by their new key: the old one.
    """
    for key, table in models.items():
        there = old.columns_of(renamed.get(key, key))
        for column in table.columns if there else ():
            said = _said(column)
            if said is None:
                continue
            bare = said if said in there else said.rpartition(".")[2]
            found = there[bare].key if bare in there else None
            done = column.name in there and bare != column.name
            yield Declared((*key, str(column.name)), said, found, done)


def _said(declaring: Any) -> str | None:
    found = declaring.info.get(INFO)
    return str(found) if found else None
