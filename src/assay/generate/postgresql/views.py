"""Views of the models (SQLAlchemy 2.1 ``CreateView``), materialized ones too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from alembic.operations import ops

from assay.catalog import CatalogObject, Snapshot
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.dependents import views_aside
from assay.generate.postgresql.generated import mentioned_columns
from assay.generate.postgresql.making import make
from assay.generate.postgresql.matching import contents
from assay.generate.postgresql.table_making import beside
from assay.generate.postgresql.tokens import Reader, mentioned, source_of
from assay.operations.comments import CommentOp
from assay.operations.table_options import TableOptionsOp
from assay.operations.views import CreateViewOp, DropViewOp

__all__ = ["KINDS", "drop_view", "dropped_views", "make_view", "steps", "view_ranks"]

KINDS = ("view", "materialized view")
_REMADE = ("definition", "access method", "populated")

Made = ops.MigrateOperation


def steps(c: Comparison) -> Iterator[Step]:
    """Drop what is gone or changed, with the views over it; make them again in their order.

    A view that the models do not have is dropped where the models have views at all, or where a
    table or column that it reads goes: else it was made by hand, and is none of their business. One
    that stays is made anew where columns or views that it reads are.
    """
    old, new = _views(c.old), _views(c.new)
    plan = _planned(c, old, new)
    old_ranks, new_ranks = view_ranks(old), view_ranks({**old, **new})
    for key in plan.gone:
        undo = make_view(c, c.old, old[key])
        yield Step(Phase.DROP_VIEW, drop_view(c, old[key]), undo, key, -old_ranks[key])
    for key in plan.made:
        side, view = (c.new, new[key]) if key in new else (c.old, old[key])
        do = make_view(c, side, view)
        yield Step(Phase.CREATE_VIEW, do, drop_view(c, view), key, new_ranks[key])
    for key in plan.kept:
        yield from _altered(c, old[key], new[key])


def dropped_views(c: Comparison) -> set[TableKey]:
    """Views that are dropped here, be it to be made again."""
    return _planned(c, _views(c.old), _views(c.new)).gone


class _Plan(NamedTuple):
    kept: set[TableKey]
    gone: set[TableKey]
    made: set[TableKey]


def _planned(
    c: Comparison,
    old: Mapping[TableKey, CatalogObject],
    new: Mapping[TableKey, CatalogObject],
) -> _Plan:
    kept = {k for k in old.keys() & new.keys() if not _remade(old[k], new[k])}
    managed = any(_declared(c, key) for key in new)
    gone = {k for k in old.keys() - kept if k in new or managed or _baseless(c, old[k])}
    gone = {k for k in gone if _differs(c, k)}
    aside = views_aside(c) if old else frozenset()
    gone |= kept & aside
    lost = {k for k in gone if k not in new}
    gone |= {k for k in kept if _over(old, k, gone)}
    # made by hand, over what goes or is made anew; those over columns alone step aside by themselves
    hand = {k for k in old.keys() - new.keys() - gone - aside if _over(old, k, gone)}
    made = {k for k in new if k in gone or (k not in old and _differs(c, k) and _declared(c, k))}
    made |= {k for k in hand if not _over(old, k, lost)}
    return _Plan(kept - gone, gone | hand, made)


def _baseless(c: Comparison, view: CatalogObject) -> bool:
    """Whether a view reads a table or a column that goes."""
    query = view.get("definition") or ""
    tables = mentioned(query, {d.object.key for d in c.changed("table") if d.after is None})
    names = mentioned_columns(query)
    lost = {d.object.key for d in c.changed("column") if d.after is None}
    return bool(tables) or any(
        key[2] in names and mentioned(query, {key[:2]}) for key in lost if c.in_both(key[:2])
    )


def _views(side: Snapshot) -> dict[TableKey, CatalogObject]:
    return {o.key: o for kind in KINDS for o in side.of_kind(kind)}


def _remade(old: CatalogObject, new: CatalogObject) -> bool:
    return old.kind != new.kind or any(old.get(a) != new.get(a) for a in _REMADE)


def _declared(c: Comparison, key: TableKey) -> bool:
    """Whether the models have it; before SQLAlchemy 2.1 no table is a view."""
    table = c.models.get(key)
    return table is not None and bool(getattr(table, "is_view", False))


def _differs(c: Comparison, key: TableKey) -> bool:
    """Whether the difference is one that the settings let through."""
    return any(d.object.key == key for d in c.changed(*KINDS))


def _over(old: Mapping[TableKey, CatalogObject], key: TableKey, gone: set[TableKey]) -> bool:
    """Whether a view reads one that goes, through others too."""
    seen: set[TableKey] = set()
    waiting = [key]
    while waiting:
        current = waiting.pop()
        if current in seen or current not in old:
            continue
        seen.add(current)
        below = mentioned(old[current].get("definition") or "", old)
        if below & gone:
            return True
        waiting += below
    return False


def view_ranks(views: Mapping[TableKey, CatalogObject]) -> dict[TableKey, int]:
    """By view: how many views are below it at most."""
    ranks: dict[TableKey, int] = {}

    def rank(key: TableKey) -> int:
        if key not in ranks:
            ranks[key] = 0  # views cannot be recursive through each other
            below = mentioned(views[key].get("definition") or "", views) - {key}
            ranks[key] = 1 + max((rank(b) for b in below), default=0)
        return ranks[key]

    for key in sorted(views):
        rank(key)
    return ranks


def make_view(c: Comparison, side: Snapshot, view: CatalogObject) -> list[Made]:
    """What makes a view as a catalog has it: indexes, comments, triggers and rules too."""
    name, schema = view.key[1], c.schema_of(view.key)
    materialized = view.kind == "materialized view"
    options = [f"WITH ({view.get('options')})"] if view.get("options") else []
    if materialized:
        if view.get("access method") not in (None, "heap"):
            options.insert(0, f"USING {view.get('access method')}")
        if view.get("tablespace"):
            options.append(f"TABLESPACE {view.get('tablespace')}")
    made: list[Made] = [
        CreateViewOp(
            name,
            source_of(view.get("definition") or ""),
            schema=schema,
            materialized=materialized,
            options=" ".join(options) or None,
            with_no_data=view.get("populated") == "false",
        )
    ]
    mine = contents(side, view.key)
    for found in mine:
        if found.kind == "index":
            made += make(c, found)
    if view.get("comment") is not None:
        made.append(CommentOp(view.kind, name, view.get("comment"), schema=schema))
    return [*made, *beside(c, mine)]


def drop_view(c: Comparison, view: CatalogObject) -> list[Made]:
    """What drops it."""
    materialized = view.kind == "materialized view"
    return [DropViewOp(view.key[1], schema=c.schema_of(view.key), materialized=materialized)]


def _altered(c: Comparison, old: CatalogObject, new: CatalogObject) -> Iterator[Step]:
    """Options and comment of a view that stays."""
    if not _differs(c, new.key):
        return
    do, undo = _settings(c, old, new), _settings(c, new, old)
    if do:
        yield Step(Phase.ALTER_TABLE, do, undo, new.key)


def _settings(c: Comparison, before: CatalogObject, after: CatalogObject) -> list[Made]:
    name, schema = after.key[1], c.schema_of(after.key)
    was, now = _pairs(before), _pairs(after)
    options: dict[str, str | None] = {k: v for k, v in now.items() if was.get(k) != v}
    options |= dict.fromkeys(k for k in was if k not in now)
    made: list[Made] = []
    if options:
        made.append(TableOptionsOp(name, options, schema, after.kind))
    if before.get("comment") != after.get("comment"):
        made.append(CommentOp(after.kind, name, after.get("comment"), schema=schema))
    return made


def _pairs(view: CatalogObject) -> dict[str, str]:
    pairs = (part.partition("=") for part in Reader(view.get("options") or "").parts())
    return {name: value for name, _, value in pairs}
