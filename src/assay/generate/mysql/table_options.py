"""Engine, collation, comment, storage options and partitions of tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from alembic.operations import ops
from sqlalchemy import text

from assay.catalog import CatalogObject, Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.operations.modify_table import ModifyTableOp

__all__ = ["creation_options", "steps"]

_UNSET = {"pack_keys", "stats_persistent", "stats_auto_recalc", "stats_sample_pages", "row_format"}
"""Options that DEFAULT takes away; numbers go with 0. Measured on MariaDB 10.11."""
_ARIA = "transactional=1"
"""In ``CREATE_OPTIONS`` of every Aria table."""
_NUMBERS = {
    "avg_row_length",
    "checksum",
    "delay_key_write",
    "key_block_size",
    "max_rows",
    "min_rows",
}


def steps(c: Comparison) -> Iterator[Step]:
    """Options change before columns do; partitions go before the primary key, and come after it."""
    for d in c.changed("table"):
        old, new = d.before, d.after
        if old is None or new is None:
            continue
        table = new.key[0]
        do, undo = _changes(old, new), _changes(new, old)
        if do or undo:
            yield Step(Phase.CREATE_TYPE, [*do], [*undo], new.key)
        if old.get("comment") != new.get("comment"):
            comments = [
                _comment(table, one.get("comment"), other.get("comment"))
                for one, other in ((new, old), (old, new))
            ]
            yield Step(Phase.ALTER_TABLE, comments[:1], comments[1:], new.key)
        yield from _partitions(c, old, new)


def _changes(old: CatalogObject, new: CatalogObject) -> list[ModifyTableOp]:
    before, after = _options(old), _options(new)
    changed = {
        name: after[name] if name in after else _unset(name)
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }
    made = [ModifyTableOp(new.key[0], changed)] if changed else []
    if old.get("engine") == "Aria" and new.get("engine") != "Aria":
        # every Aria table has it, and it stays when Aria goes
        made.append(ModifyTableOp(new.key[0], {"page_checksum": "DEFAULT"}))
    return made


def _options(table: CatalogObject) -> dict[str, str]:
    found = {name: value for name in ("engine", "collation") if (value := table.get(name))}
    if "collation" in found:
        found["collate"] = found.pop("collation")
    if row_format := table.get("row format"):
        found["row_format"] = row_format
    for part in (table.get("options") or "").split():
        name, sign, value = part.partition("=")
        if sign and not (table.get("engine") == "Aria" and part == _ARIA):
            found[name] = value if value.isdigit() or name in _UNSET else f"'{value}'"
    return found


def _unset(name: str) -> str:
    return "0" if name in _NUMBERS else "DEFAULT"


def _comment(table: str, comment: str | None, existing: str | None) -> ops.MigrateOperation:
    if comment is None:
        return ops.DropTableCommentOp(table, existing_comment=existing)
    return ops.CreateTableCommentOp(table, comment, existing_comment=existing)


def _partitions(c: Comparison, old: CatalogObject, new: CatalogObject) -> Iterator[Step]:
    table, before, after = new.key[0], _by(old), _by(new)
    if before == after:
        return
    keys = [s.get("primary key", table, "PRIMARY") for s in (c.old, c.new)]
    if before and after and keys[0] == keys[1]:
        change = [ModifyTableOp(table, {"partition_by": by}) for by in (after, before)]
        yield Step(Phase.ALTER_TABLE, change[:1], change[1:], new.key, 1)
        return
    none = ModifyTableOp(table, {"partition_by": ""})
    if before:
        again = ModifyTableOp(table, {"partition_by": before})
        yield Step(Phase.DROP_INDEX, [none], [again], new.key, -10)
    if after:
        partition = ModifyTableOp(table, {"partition_by": after})
        yield Step(Phase.ALTER_TABLE, [partition], [none], new.key, 1)


def _by(table: CatalogObject) -> str:
    return (table.get("partitioning") or "").removeprefix("PARTITION BY").strip()


def creation_options(
    c: Comparison, snapshot: Snapshot, table: str
) -> tuple[Mapping[str, Any], str | None, list[str]]:
    """Options, comment and prefixes of a table to be created."""
    model = c.models.get((table,)) if snapshot is c.new else None
    if model is not None:
        said = ops.CreateTableOp.from_table(model)
        return dict(said.kw), said.comment, list(said.prefixes or ())
    found = snapshot.by_identity["table", (table,)]
    engine, collation = _defaults(c)
    options = _options(found)
    if options.get("engine") == engine:
        del options["engine"]
    if options.get("collate") == collation:
        del options["collate"]
    if partition := _by(found):
        options["partition_by"] = partition
    named = {f"{c.dialect.name}_{name}": value for name, value in options.items()}
    return named, found.get("comment"), []


@lru_cache(maxsize=2)
def _defaults(c: Comparison) -> tuple[str, str]:
    """What a table gets that says nothing."""
    assert c.context.connection is not None
    row = c.context.connection.execute(
        text("SELECT @@default_storage_engine, @@collation_database")
    ).one()
    return str(row[0]), str(row[1])
