"""What a revision makes beside plain tables, in a second text that is quick to plan.

Views and sequences that the transaction locks, the enums, and the comments on the tables that it
locks: whoever makes a table makes the sequence and the enums of its columns, and comments on it. That
is asked where a statement wrote a catalog that one of these is in, or such a relation is locked; all
of it is rendered, as there are few. A view or a sequence that is locked and not among the rows is
gone. Of domains and the like only the oids are told: then this text does not say it all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assay.catalog import CatalogObject
from assay.dialects.postgresql.catalog import object_of
from assay.dialects.postgresql.fences import FIRST, HELD, OWNERS
from assay.dialects.postgresql.group_parts import GROUPS, enum_part
from assay.dialects.postgresql.relation_parts import (
    VIEW,
    column_attributes,
    json_object,
    sequence_part,
)
from assay.dialects.postgresql.rendering import (
    COMMENT,
    USER_SCHEMA,
    comment_join,
    not_of_extension,
    settled,
)
from assay.dialects.postgresql.wanted import WANTED

__all__ = ["TYPES", "Others", "others_query"]

TYPES = GROUPS["types"]

_COMMENT_ON, _TYPE = "assay: comment", "assay: type"
_WRITTEN = "written"
_VIEW = ("definition", "options")


def others_query(version: int) -> str:
    """One statement of rows ``owner, kind, key, attributes``.

    :param version: ``server_version_num``.
    """
    columns = column_attributes(version)
    view_column = {
        "type": columns["type"],
        "not null": "'false'",
        "default": "(SELECT pg_get_expr(ad.adbin, ad.adrelid) FROM pg_attrdef ad"
        " WHERE ad.adrelid = r.oid AND ad.adnum = a.attnum)",
        "collation": columns["collation"],
    }
    relations = f"""r AS MATERIALIZED (
        SELECT n.nspname, c.* FROM wanted w JOIN pg_class c ON c.oid = w.oid
            JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'v', 'S') AND {USER_SCHEMA}
            AND {not_of_extension("pg_class", "c.oid")})"""
    return settled(
        [
            sequence_part(),
            f"""
        SELECT r.oid::int8, 'view', json_build_array(r.nspname, r.relname)::text,
            {json_object({name: VIEW[name] for name in _VIEW}, COMMENT)}
        FROM r {comment_join("d", "pg_class", "r.oid")} WHERE r.relkind = 'v'""",
            f"""
        SELECT r.oid::int8, 'view column', json_build_array(r.nspname, r.relname, a.attname)::text,
            {json_object(view_column, COMMENT)}
        FROM r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_type t ON t.oid = a.atttypid {comment_join("d", "pg_class", "r.oid", "a.attnum")}
        WHERE r.relkind = 'v'""",
            enum_part(),
            f"""
        SELECT {TYPES}::int8, '{_TYPE}', t.oid::text,
            CASE WHEN age(t.xmin) <= 0 THEN '{_WRITTEN}' ELSE '' END
        FROM pg_type t WHERE t.oid >= {FIRST} AND t.typtype IN ('b', 'd', 'p', 'r')
            AND t.typrelid = 0 AND t.typcategory <> 'A'""",
            f"""
        SELECT r.oid::int8, '{_COMMENT_ON}',
            json_build_array(r.nspname, r.relname, a.attname)::text, d.description
        FROM r JOIN pg_description d ON d.objoid = r.oid AND d.classoid = 'pg_class'::regclass
        LEFT JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = d.objsubid AND a.attnum > 0
        WHERE r.relkind = 'r'""",
        ],
        [HELD, OWNERS, WANTED, relations],
    )


@dataclass(frozen=True)
class Others:
    """What is there now."""

    relations: Mapping[int, tuple[CatalogObject, ...]]
    """Views with their columns, and sequences, by their oid."""
    enums: Mapping[str, CatalogObject]
    """By their oid."""
    types: frozenset[str]
    """The oids of domains and of other types that have no relation."""
    type_written: bool
    """Whether this transaction wrote one of these."""
    comments: Mapping[tuple[str, tuple[str, ...]], str]
    """On tables and columns, by the identity of what they are on."""

    @classmethod
    def of(cls, rows: Iterable[tuple[Any, ...]]) -> Others:
        """From the rows of :func:`others_query`."""
        relations: dict[int, list[CatalogObject]] = {}
        enums: dict[str, CatalogObject] = {}
        types: dict[str, bool] = {}
        comments: dict[tuple[str, tuple[str, ...]], str] = {}
        for owner, kind, key, attributes in rows:
            if attributes is None:
                continue
            if kind == _TYPE:
                types[str(key)] = attributes == _WRITTEN
            elif kind == _COMMENT_ON:
                path = tuple(part for part in json.loads(key) if part is not None)
                comments["column" if len(path) > 2 else "table", path] = str(attributes)
            else:
                made, oid = object_of(kind, key, attributes)
                if oid is None:
                    relations.setdefault(int(owner), []).append(made)
                else:
                    enums[oid] = made
        found = {owner: tuple(some) for owner, some in relations.items()}
        return cls(found, enums, frozenset(types), any(types.values()), comments)
