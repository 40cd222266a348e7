"""Which relations are rendered after a statement: those that are locked, with more, or without some.

What a prepared text is to be told goes by settings of the session: as a parameter it would have it
planned anew for each value.
"""

from __future__ import annotations

from collections.abc import Collection

from assay.dialects.postgresql.statements import other_text
from assay.dialects.values import Query

__all__ = ["GIVEN", "SKIP", "WANTED", "WHOLE", "want"]

WHOLE, SKIP = "assay.whole", "assay.skip"
"""The settings: relations that are rendered whatever the transaction wrote of them, and relations that
are not looked at."""


def _oids(setting: str) -> str:
    return f"coalesce(nullif(current_setting('{setting}', true), ''), '{{}}')::oid[]"


GIVEN = f"given AS MATERIALIZED (SELECT {_oids(SKIP)} AS skip, {_oids(WHOLE)} AS whole)"
"""What the settings say, as a common table of one row."""
WANTED = (
    "wanted AS MATERIALIZED (SELECT o.oid, o.oid = ANY (g.whole) AS whole FROM given g,"
    " LATERAL (SELECT oid FROM owners UNION SELECT unnest(g.whole)) o"
    " WHERE o.oid <> ALL (g.skip) OR o.oid = ANY (g.whole))"
)
"""The relations to be rendered, and whether that is to be done whatever the transaction wrote, as a
common table; what is gone is among them."""


def want(query: Query, setting: str, relations: Collection[int]) -> None:
    """Say which relations a setting has until the transaction ends."""
    array = "{" + ",".join(map(str, sorted(relations))) + "}" if relations else ""
    query(f"SELECT set_config('{setting}', '{array}', true) {other_text()}")
