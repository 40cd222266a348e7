"""Which ``UPDATE`` may run in batches, by its text; on a doubt none."""

from __future__ import annotations

import pytest

from assay.catalog import CatalogObject, Snapshot
from assay.generate.updates import Backfill, NotBatched, hidden_in, taken_apart


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (
            "UPDATE users SET email = lower(name) WHERE email IS NULL",
            Backfill("users", "email", "lower(name)"),
        ),
        (
            'UPDATE side."Us""ers" SET a = 1 WHERE b > 1 AND (a IS NULL) AND NOT c;',
            Backfill('Us"ers', "a", "1", "b > 1 AND NOT c", "side"),
        ),
        (
            "UPDATE t SET a = (SELECT n FROM p WHERE p.id = t.p_id) WHERE a IS NULL",
            Backfill("t", "a", "(SELECT n FROM p WHERE p.id = t.p_id)"),
        ),
        (
            "UPDATE t SET a = CASE WHEN b THEN 'it''s -- one' ELSE $$ WHERE $$ END WHERE a IS NULL",
            Backfill("t", "a", "CASE WHEN b THEN 'it''s -- one' ELSE $$ WHERE $$ END"),
        ),
        (
            "update T set A = extract(year from b), c = c where a is null",
            Backfill("t", "a", "extract(year from b)", unchanged=("c",)),
        ),
    ],
)
def test_a_row_by_itself(sql: str, found: Backfill) -> None:
    assert taken_apart(sql, "postgresql") == found


def test_names_as_mysql_writes_them() -> None:
    sql = 'UPDATE `Items` SET `a` = "it\\"s" WHERE `a` IS NULL'
    assert taken_apart(sql, "mysql") == Backfill("Items", "a", '"it\\"s"')


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE t SET a = 1",
        "UPDATE t SET a = 1 WHERE b IS NULL",
        "UPDATE t SET a = 1 WHERE a IS NULL OR b",
        "UPDATE t SET a = 1 WHERE CASE WHEN b AND a IS NULL AND c THEN true ELSE false END",
        "UPDATE t SET a = 1 WHERE b BETWEEN 1 AND a IS NULL",
        "UPDATE t SET a = 1 WHERE NOT (a IS NULL)",
        "UPDATE t SET a = 1, b = 2 WHERE a IS NULL",
        "UPDATE t SET (a, b) = (1, 2) WHERE a IS NULL",
        "UPDATE t SET a = p.n FROM p WHERE a IS NULL AND p.id = t.id",
        "UPDATE t AS x SET a = 1 WHERE a IS NULL",
        "UPDATE ONLY t SET a = 1 WHERE a IS NULL",
        "UPDATE t SET a = 1 WHERE a IS NULL RETURNING a",
        "UPDATE t SET a = 1 /* WHERE */ WHERE a IS NULL",
        "UPDATE t SET a = 1 WHERE a IS NULL; DROP TABLE t",
        "UPDATE t SET a = (SELECT max(a) FROM t) WHERE a IS NULL",
        'UPDATE t SET a = (SELECT max(x.a) FROM "t" x) WHERE a IS NULL',
        "UPDATE t SET a = 1 WHERE a IS NULL AND EXISTS (SELECT FROM public.t)",
        "UPDATE t SET a = (SELECT max(a) FROM seen) WHERE a IS NULL",
        "UPDATE t SET a = newest(b) WHERE a IS NULL",
        "UPDATE t SET a = (b WHERE a IS NULL",
        "UPDATE t SET a = b WHERE a IS NULL AND",
        "UPDATE t SET a = WHERE a IS NULL",
        "DELETE FROM t",
        "",
    ],
)
def test_whatever_else_stays_one(sql: str) -> None:
    with pytest.raises(NotBatched):
        taken_apart(sql, "postgresql", {"seen", "newest"})


def test_what_could_read_the_table_without_naming_it() -> None:
    def function(name: str, head: str) -> CatalogObject:
        text = f"CREATE FUNCTION {name}()\n RETURNS int\n LANGUAGE sql\n {head}\nAS $$ IMMUTABLE $$"
        return CatalogObject.make("function", ("public", f"{name}(integer)"), {"definition": text})

    found = Snapshot.make(
        "postgresql",
        "15",
        [
            CatalogObject.make("view", ("public", "seen"), {}),
            function("newest", "STABLE"),
            function("twice", "IMMUTABLE STRICT"),
            CatalogObject.make("table", ("public", "items"), {}),
            CatalogObject.make("table", ("public", "items_1"), {"parents": "public.items_all"}),
        ],
    )
    assert hidden_in(found) == {"seen", "newest", "items_1", "items_all"}
