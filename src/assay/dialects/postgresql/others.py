"""What a revision makes beside plain tables, in a second text that is quick to plan.

Views and sequences that the transaction locks, the comments and the triggers of what it locks, and all
enums: whoever makes a table makes the sequence and the enums of its columns, and comments on it. That
is asked where a statement wrote a catalog that one of these is in, or such a relation is locked; all
of it is given, as there are few, and as columns of the row for the reason that
:mod:`assay.dialects.postgresql.plain` has. A view or a sequence that is locked and not among the rows is
gone. Of other types only the oids are told: where one was written, the text of all types is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assay.catalog import CatalogObject
from assay.dialects.postgresql.fences import HELD, OWNERS
from assay.dialects.postgresql.group_parts import GROUPS
from assay.dialects.postgresql.plain_rows import PERSISTENCE
from assay.dialects.postgresql.rendering import FIRST, USER_SCHEMA, not_of_extension, settled
from assay.dialects.postgresql.wanted import GIVEN, WANTED

__all__ = ["TYPES", "Others", "others_query"]

TYPES = GROUPS["types"]

_WIDTH = 8
_BETWEEN = chr(31)
_ENABLED = {"O": "origin", "D": "disabled", "R": "replica", "A": "always"}


def others_query() -> str:
    """One statement of rows ``owner, kind, schema, name`` and four texts, settings first and last."""
    relations = f"""r AS MATERIALIZED (
        SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.reloptions
        FROM wanted w JOIN pg_class c ON c.oid = w.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind NOT IN ('i', 'I', 't', 'c') AND {USER_SCHEMA}
            AND {not_of_extension("pg_class", "c.oid")})"""
    # under an empty search path the server qualifies the table
    return settled(
        [
            f"""
        SELECT r.oid::int8, 'view', r.nspname, r.relname, pg_get_viewdef(r.oid),
            array_to_string(r.reloptions, chr({ord(_BETWEEN)})), NULL, NULL
        FROM r WHERE r.relkind = 'v'""",
            """
        SELECT r.oid::int8, 'view column', r.relname, a.attname, format_type(a.atttypid, a.atttypmod),
            pg_get_expr(ad.adbin, ad.adrelid), CASE WHEN a.attcollation <> t.typcollation THEN
                (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
                FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
                WHERE co.oid = a.attcollation) END, NULL
        FROM r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_type t ON t.oid = a.atttypid
            LEFT JOIN pg_attrdef ad ON ad.adrelid = r.oid AND ad.adnum = a.attnum
        WHERE r.relkind = 'v'""",
            f"""
        SELECT r.oid::int8, 'sequence', r.nspname, r.relname, format_type(s.seqtypid, NULL)
                || chr({ord(_BETWEEN)}) || s.seqstart || ' ' || s.seqincrement || ' ' || s.seqmin
                || ' ' || s.seqmax || ' ' || s.seqcache || ' ' || s.seqcycle::text,
            CASE od.deptype WHEN 'i' THEN r.oid::regclass::text ELSE r.relpersistence::text END,
            od.deptype::text,
            CASE od.deptype WHEN 'i' THEN od.refobjid::text || ' ' || oa.attname
                ELSE od.refobjid::regclass::text || '.' || quote_ident(oa.attname) END
        FROM r JOIN pg_sequence s ON s.seqrelid = r.oid
            LEFT JOIN pg_depend od ON od.classid = 'pg_class'::regclass AND od.objid = r.oid
                AND od.refclassid = 'pg_class'::regclass AND od.refobjsubid > 0
                AND od.deptype IN ('a', 'i')
            LEFT JOIN pg_attribute oa ON oa.attrelid = od.refobjid AND oa.attnum = od.refobjsubid""",
            f"""
        SELECT {TYPES}::int8, CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'type' END, n.nspname,
            t.typname, t.oid::text, CASE WHEN age(t.xmin) <= 0 THEN 'written' END,
            (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                FROM pg_enum e WHERE e.enumtypid = t.oid),
            (SELECT d.description FROM pg_description d WHERE d.objoid = t.oid
                AND d.classoid = 'pg_type'::regclass AND d.objsubid = 0)
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE t.oid >= {FIRST} AND t.typrelid = 0 AND t.typcategory <> 'A'
            AND (t.typtype IN ('b', 'd', 'p', 'r')
                OR t.typtype = 'e' AND {USER_SCHEMA} AND {not_of_extension("pg_type", "t.oid")})""",
            """
        SELECT r.oid::int8, 'comment', r.nspname, r.relname, a.attname, d.description, NULL, NULL
        FROM r JOIN pg_description d ON d.objoid = r.oid AND d.classoid = 'pg_class'::regclass
        LEFT JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = d.objsubid AND a.attnum > 0""",
            """
        SELECT r.oid::int8, 'trigger', r.nspname, r.relname, g.tgname, pg_get_triggerdef(g.oid),
            g.tgenabled::text, (SELECT d.description FROM pg_description d WHERE d.objoid = g.oid
                AND d.classoid = 'pg_trigger'::regclass AND d.objsubid = 0)
        FROM r JOIN pg_trigger g ON g.tgrelid = r.oid
        WHERE NOT g.tgisinternal AND g.tgparentid = 0""",
        ],
        [HELD, OWNERS, GIVEN, WANTED, relations],
        _WIDTH,
    )


Objects = tuple[CatalogObject, ...]
Path = tuple[str, ...]


@dataclass(frozen=True)
class Others:
    """What is there now."""

    relations: Mapping[int, Objects]
    """Views with their columns, and sequences, by their oid."""
    triggers: Mapping[int, Objects]
    """By the oid of what they are of."""
    enums: Mapping[str, CatalogObject]
    """By their oid."""
    types: frozenset[str]
    """The oids of domains and of other types that have no relation."""
    type_written: bool
    """Whether this transaction wrote one of these."""
    comments: Mapping[Path, str]
    """By schema, relation and, of a column, its name."""
    identities: Mapping[tuple[int, str], str]
    """What is told of the sequence behind an identity column, by the table's oid and the column."""

    @classmethod
    def of(cls, rows: Iterable[tuple[Any, ...]]) -> Others:
        """From the rows of :func:`others_query`."""
        kept: dict[str, list[tuple[Any, ...]]] = {}
        for row in rows:
            behind = row[1] == "sequence" and row[6] == "i"
            kept.setdefault("identity" if behind else row[1], []).append(row)
        comments: dict[Path, str] = {}
        for _, _, schema, relation, column, text, *_ in kept.get("comment", ()):
            path = (schema, relation) if column is None else (schema, relation, column)
            comments[path] = text
        types = kept.get("type", ())
        triggers: dict[int, Objects] = {}
        for row in kept.get("trigger", ()):
            triggers[row[0]] = (*triggers.get(row[0], ()), _trigger(*row[1:]))
        views = {
            owner: (*some, *triggers.get(owner, ()))
            for owner, some in _relations(kept, comments).items()
        }
        return cls(
            views,
            triggers,
            {row[4]: _enum(*row[2:]) for row in kept.get("enum", ())},
            frozenset(row[4] for row in types),
            any(row[5] for row in types),
            comments,
            dict(map(_identity, kept.get("identity", ()))),
        )


def _identity(row: tuple[Any, ...]) -> tuple[tuple[int, str], str]:
    """What a column tells of its sequence."""
    numbers, name, _, of = row[4:]
    type_, start, increment, minimum, maximum, cache, cycle = _numbers(numbers)
    table, _, column = of.partition(" ")
    cycling = " cycle" if cycle == "true" else ""
    return (int(table), column), (
        f"{type_} start {start} increment {increment} min {minimum} max {maximum}"
        f" cache {cache}{cycling} named {name}"
    )


def _numbers(text: str) -> tuple[str, ...]:
    """Type, start, increment, minimum, maximum, cache and whether it cycles."""
    type_, _, rest = text.partition(_BETWEEN)
    return (type_, *rest.split(" "))


def _relations(
    kept: Mapping[str, list[tuple[Any, ...]]], comments: Mapping[Path, str]
) -> dict[int, Objects]:
    found: dict[int, list[CatalogObject]] = {}
    schemas: dict[int, str] = {}

    def add(owner: object, kind: str, key: Path, **attributes: str | None) -> None:
        """File an object with its comment; a name's underscores are spaces."""
        named = {name.replace("_", " "): value for name, value in attributes.items()}
        made = _made(kind, key, {**named, "comment": comments.get(key)})
        found.setdefault(int(str(owner)), []).append(made)

    for owner, kind, schema, name, definition, options, *_ in kept.get("view", ()):
        schemas[owner] = schema
        listed = ", ".join(sorted(options.split(_BETWEEN))) if options else None
        add(owner, kind, (schema, name), definition=definition, options=listed)
    for owner, kind, view, name, type_, default, collation, _ in kept.get("view column", ()):
        key = (schemas[owner], view, name)
        add(owner, kind, key, type=type_, not_null="false", default=default, collation=collation)
    for owner, kind, schema, name, numbers, persistence, _, column in kept.get("sequence", ()):
        type_, start, increment, minimum, maximum, cache, cycle = _numbers(numbers)
        add(
            owner,
            kind,
            (schema, name),
            type=type_,
            start=start,
            increment=increment,
            minimum=minimum,
            maximum=maximum,
            cache=cache,
            cycle=cycle,
            persistence=PERSISTENCE.get(persistence),
            owned_by=column,
        )
    return {owner: tuple(some) for owner, some in found.items()}


def _trigger(
    kind: str,
    schema: str,
    relation: str,
    name: str,
    definition: str,
    enabled: str,
    comment: str | None,
) -> CatalogObject:
    attributes = {"definition": definition, "enabled": _ENABLED[enabled], "comment": comment}
    return _made(kind, (schema, relation, name), attributes)


def _enum(
    schema: str, name: str, _oid: str, _written: str | None, labels: str | None, comment: str | None
) -> CatalogObject:
    return _made("enum", (schema, name), {"labels": labels, "comment": comment})


def _made(kind: str, key: Path, attributes: Mapping[str, str | None]) -> CatalogObject:
    """An object with the attributes that it has."""
    return CatalogObject.make(kind, key, {n: v for n, v in attributes.items() if v is not None})
