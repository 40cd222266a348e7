"""What may tell of another name, once something of a table has another one.

A text names only what its object depends on directly, and the server keeps that in ``pg_depend``. So
where a statement renamed something of a table, all that depends on the table is rendered, whether the
statement wrote it or not (:mod:`assay.dialects.postgresql.wanted`); of columns that this transaction
has not written, nothing has another name.
"""

from __future__ import annotations

from collections.abc import Collection

from assay.dialects.postgresql.statements import other_text
from assay.dialects.values import Query

__all__ = ["naming"]

# scalars and no joins: that is quicker to plan
_NAMING = """
SELECT CASE d.classid
    WHEN 'pg_constraint'::regclass THEN (
        SELECT nullif(k.conrelid, 0)::int8 FROM pg_constraint k WHERE k.oid = d.objid)
    WHEN 'pg_attrdef'::regclass THEN (SELECT x.adrelid::int8 FROM pg_attrdef x WHERE x.oid = d.objid)
    WHEN 'pg_rewrite'::regclass THEN (SELECT v.oid::int8 FROM pg_rewrite w JOIN pg_class v
        ON v.oid = w.ev_class AND v.relkind = 'v' WHERE w.oid = d.objid)
    WHEN 'pg_class'::regclass THEN (SELECT CASE c.relkind WHEN 'S' THEN c.oid::int8
        WHEN 'i' THEN d.refobjid::int8 WHEN 't' THEN 0 END FROM pg_class c WHERE c.oid = d.objid)
    WHEN 'pg_type'::regclass THEN (SELECT 0 FROM pg_type t WHERE t.oid = d.objid AND NOT EXISTS (
        SELECT FROM pg_depend u WHERE u.refclassid = 'pg_type'::regclass
            AND u.refobjid IN (t.oid, t.typarray) AND u.objid <> t.typarray))
    WHEN 'pg_trigger'::regclass THEN (
        SELECT 0 FROM pg_trigger g WHERE g.oid = d.objid AND g.tgisinternal)
    END
FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid IN ({})
    AND (d.refobjsubid = 0
        OR EXISTS (SELECT FROM pg_class o WHERE o.oid = d.refobjid AND age(o.xmin) <= 0)
        OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = d.refobjid
            AND a.attnum = d.refobjsubid AND age(a.xmin) <= 0))
"""


def naming(query: Query, tables: Collection[int]) -> set[int] | None:
    """The relations whose texts may name something of some tables, these with them, by their oid.

    :returns: None where something else may: a trigger, a policy, a function, a partition.
    """
    among = ", ".join(map(str, sorted(tables)))
    found = {row[0] for row in query(f"{_NAMING.format(among)} {other_text()}")}
    if None in found:
        return None
    return {int(oid) for oid in found if oid} | set(tables)
