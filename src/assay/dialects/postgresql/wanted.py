"""Which relations are rendered after a statement: those that are locked, with more, or without some.

What a prepared text is to be told goes by settings of the session: as a parameter it would have it
planned anew for each value.
"""

from __future__ import annotations

from collections.abc import Collection

from assay.dialects.base import Query
from assay.dialects.postgresql.statements import other_text

__all__ = ["NOT_SKIPPED", "SKIP", "WANTED", "WHOLE", "want"]

WHOLE, SKIP = "assay.whole", "assay.skip"
"""The settings: relations that are rendered whatever the transaction wrote of them, and relations that
are not looked at."""


def _oids(setting: str) -> str:
    return (
        f"(SELECT coalesce(nullif(current_setting('{setting}', true), '')::oid[], ARRAY[]::oid[]))"
    )


NOT_SKIPPED = f"{{}} <> ALL ({_oids(SKIP)}::oid[])"
"""SQL of whether a relation is looked at."""
WANTED = (
    "wanted AS MATERIALIZED (SELECT w.oid, bool_or(w.whole) AS whole FROM ("
    "SELECT o.oid, false FROM owners o JOIN pg_class there ON there.oid = o.oid"
    f" WHERE {NOT_SKIPPED.format('o.oid')}"
    f" UNION ALL SELECT s.oid, true FROM unnest({_oids(WHOLE)}) s(oid)) w(oid, whole)"
    " GROUP BY w.oid)"
)
"""The relations to be rendered that are there, and whether that is to be done whatever the transaction
wrote, as a common table."""


def want(query: Query, setting: str, relations: Collection[int]) -> None:
    """Say which relations a setting has until the transaction ends."""
    array = "{" + ",".join(map(str, sorted(relations))) + "}" if relations else ""
    query(f"SELECT set_config('{setting}', '{array}', true) {other_text()}")
