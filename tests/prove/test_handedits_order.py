"""The order of constraints in CREATE TABLE is not a hand edit; everything else in it is."""

from __future__ import annotations

import pytest

from assay.prove.handedits import _folded

TABLE = """
CREATE TABLE "a,(b" (
    id INTEGER NOT NULL,
    kind VARCHAR(8) DEFAULT 'x, )' NOT NULL,
    price NUMERIC(10, 2),
    {}
) WITHOUT ROWID
"""
FK = "CONSTRAINT fk FOREIGN KEY(id) REFERENCES o (id) ON DELETE RESTRICT"
CHECK = "CONSTRAINT ck CHECK (kind IN ('a', 'b)') AND price > 0)"


def made(*constraints: str) -> str:
    return _folded(TABLE.format(",\n".join(constraints)))


def test_constraints_in_another_order_are_the_same_table() -> None:
    assert made(FK, CHECK, "UNIQUE (kind)") == made("UNIQUE (kind)", CHECK, FK)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("NOT NULL", ""),
        ("'x, )'", "'x, ('"),
        ("NUMERIC(10, 2)", "NUMERIC(10, 3)"),
        ("WITHOUT ROWID", "STRICT"),
        ("price > 0", "price > 1"),
        ('"a,(b"', '"a,(c"'),
        ("RESTRICT", "CASCADE"),
    ],
)
def test_every_other_difference_counts(old: str, new: str) -> None:
    sql = TABLE.format(f"{FK},\n{CHECK}")
    assert old in sql
    assert _folded(sql) != _folded(sql.replace(old, new, 1))


def test_columns_in_another_order_are_another_table() -> None:
    assert _folded("CREATE TABLE t (a INT, b INT)") != _folded("CREATE TABLE t (b INT, a INT)")


@pytest.mark.parametrize("sql", ["CREATE TABLE t AS SELECT 1", "CREATE INDEX i ON t (b, a)"])
def test_other_statements_are_left_as_they_are(sql: str) -> None:
    assert _folded(sql).strip() == sql
