"""Where a transaction is, in one question: what it locks, has written, used, and the fences of that.

Who follows the catalog and who watches locks ask it both, after the same statement: it is asked once.
Its price is that of what is locked: 0.9 ms with 300 tables (PostgreSQL 15.20, measured).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from assay.dialects.base import Query
from assay.dialects.postgresql.catalog import fences_of
from assay.dialects.postgresql.fences import locked_query
from assay.dialects.postgresql.locks import OURS
from assay.dialects.postgresql.mark import rows_written
from assay.dialects.postgresql.statements import Statements

__all__ = [
    "COUNTERS",
    "FULL",
    "GROUPED",
    "OTHERS",
    "RELATION",
    "TIMEOUT",
    "Place",
    "Places",
    "ended_since",
]

RELATIONS = (
    "pg_attrdef",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_depend",
    "pg_description",
    "pg_foreign_table",
    "pg_index",
    "pg_inherits",
    "pg_partitioned_table",
    "pg_policy",
    "pg_rewrite",
    "pg_sequence",
    "pg_trigger",
)
"""Catalogs whose rows belong to a relation, which is locked where they are written."""

GROUPED = {
    "pg_aggregate": "functions",
    "pg_collation": "collations",
    "pg_enum": "types",
    "pg_event_trigger": "event triggers",
    "pg_foreign_data_wrapper": "foreign servers",
    "pg_foreign_server": "foreign servers",
    "pg_namespace": "schemas",
    "pg_proc": "functions",
    "pg_publication": "publications",
    "pg_publication_rel": "publications",
    "pg_range": "types",
    "pg_type": "types",
}

FULL = (
    "pg_am",
    "pg_authid",
    "pg_extension",
    "pg_language",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_statistic_ext",
    "pg_tablespace",
    "pg_ts_config",
    "pg_ts_dict",
)
"""Catalogs whose rows any text may name, or that are written without a lock on a relation."""

OTHERS = (
    "pg_amop",
    "pg_amproc",
    "pg_auth_members",
    "pg_cast",
    "pg_conversion",
    "pg_database",
    "pg_db_role_setting",
    "pg_default_acl",
    "pg_init_privs",
    "pg_seclabel",
    "pg_shdescription",
    "pg_subscription",
    "pg_transform",
    "pg_ts_config_map",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_user_mapping",
)
"""Catalogs that no snapshot tells of; to write them is to write the catalog."""


# The path of a file is looked up for each; where it is in the database's own folder, as nearly all
# are, the number tells them apart as well.
RELATION = (
    "c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text,"
    " CASE WHEN c.relfilenode <> 0 AND c.reltablespace = 0 THEN c.relfilenode::text"
    " ELSE coalesce(pg_relation_filepath(c.oid), '') END"
)
COUNTERS = ", ".join(
    f"pg_stat_get_xact_{what}(c.oid)::bigint"
    for what in (
        "numscans",  # of a table: it was read from its beginning, be it empty
        "tuples_returned",
        "tuples_inserted",
        "tuples_updated",
        "tuples_deleted",
    )
)
TIMEOUT = "extract(epoch FROM current_setting('lock_timeout')::interval)::float8"
_LOCKED = (
    f"SELECT json_agg(json_build_array({RELATION}, l.modes, l.transaction, {COUNTERS}, {TIMEOUT}))"
    " FROM (SELECT h.relation, min(h.virtualtransaction) AS transaction,"
    "     string_agg(DISTINCT h.mode, ',') AS modes FROM held h"
    "   WHERE h.locktype = 'relation' AND h.database <> 0 GROUP BY h.relation) l"
    " JOIN pg_catalog.pg_class c ON c.oid = l.relation"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}"
)


def _place_query(version: int) -> tuple[tuple[str, ...], str]:
    """The catalogs that are counted, and the ``SELECT`` of where the transaction is.

    Written by hand, a catalog stays locked for writing; DDL keeps such a lock on comments alone.
    """
    catalogs = (*RELATIONS, *GROUPED, *FULL, *OTHERS)
    if version >= 150000:
        catalogs = (*catalogs, "pg_publication_namespace")
    counted = ", ".join(map(rows_written, catalogs))
    by_hand = ", ".join(f"'{c}'::regclass" for c in RELATIONS if c != "pg_description")
    return catalogs, (
        "SELECT 0::int8, json_build_object("
        "'transaction', (SELECT min(h.virtualtransaction) FROM held h),"
        " 'numbers', (SELECT json_agg(h.transactionid::text) FROM held h"
        "   WHERE h.locktype = 'transactionid'),"
        " 'by hand', (SELECT json_agg(h.relation::int8) FROM held h"
        "   WHERE h.locktype = 'relation' AND h.mode NOT IN ('AccessShareLock', 'RowShareLock')"
        f"   AND h.relation IN ({by_hand})),"
        " 'own', pg_current_xact_id_if_assigned()::text, 'others', pg_current_snapshot()::text,"
        " 'temporary', (SELECT json_agg(c.oid::int8) FROM owners o JOIN pg_class c ON c.oid = o.oid"
        "   WHERE c.relpersistence = 't'),"
        f" 'locked', ({_LOCKED}), 'written', ARRAY[{counted}])::text"
    )


@lru_cache
def _query(version: int) -> tuple[tuple[str, ...], str]:
    """The catalogs that are counted, and the query of a place."""
    catalogs, extra = _place_query(version)
    return catalogs, locked_query(version, extra)


@dataclass(frozen=True)
class Place:
    """Where a transaction is."""

    transaction: str
    own: str | None
    """Its number, once it has written."""
    others: str
    """The server's snapshot: which transactions had ended, ``xmin:xmax:xip``."""
    numbers: frozenset[str]
    """Its own and those of its savepoints, 32 bits of each."""
    by_hand: frozenset[int]
    """Catalogs of relations that are locked for writing."""
    temporary: frozenset[int]
    written: Mapping[str, int]
    fences: Mapping[int, str] = field(repr=False)
    """Of what is locked."""
    locked: Sequence[Sequence[object]] = field(repr=False)
    """A row of each relation of the user that is locked: :data:`RELATION`, modes, the virtual
    transaction, :data:`COUNTERS`, :data:`TIMEOUT`."""

    def since(self, before: Place) -> frozenset[str]:
        """The catalogs that were written."""
        return frozenset(c for c, n in self.written.items() if n != before.written.get(c))


def ended_since(before: str, now: str) -> frozenset[int]:
    """Numbers of the transactions that ended between two snapshots, in any database."""
    (_, first, running), (_, last, still) = (s.split(":") for s in (before, now))
    some = {*range(int(first), int(last)), *map(int, filter(None, running.split(",")))}
    return frozenset(some.difference(map(int, filter(None, still.split(",")))))


class Places:
    """Asks where the transaction of a connection is.

    :param version: ``server_version_num``.
    """

    def __init__(self, query: Query, version: int) -> None:
        self._run = query
        self._catalogs, self._text = _query(version)
        self._found: Place | None = None
        self._prepared: Statements | None = None

    @property
    def statements(self) -> Statements:
        """What is prepared, as of the last :meth:`ask`."""
        assert self._prepared is not None
        return self._prepared

    def ask(self) -> Place:
        """Where it is now; kept for who asks :meth:`taken` after the same statement."""
        self._prepared = Statements(self._run)
        fences = fences_of(self._prepared.run(self._text, by_index=True))
        found = json.loads(fences.pop(0))
        self._found = Place(
            found["transaction"],
            found["own"],
            found["others"],
            frozenset(found["numbers"] or ()),
            frozenset(found["by hand"] or ()),
            frozenset(found["temporary"] or ()),
            dict(zip(self._catalogs, found["written"], strict=True)),
            fences,
            found["locked"] or (),
        )
        return self._found

    def taken(self) -> Place | None:
        """What was asked last and not taken yet."""
        found, self._found = self._found, None
        return found
