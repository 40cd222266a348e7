"""The cheapest form of a statement is found by trying, and what is refused does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assay.dialects.mysql.connecting import Connection
from assay.dialects.mysql.online import cheapest_form

CASES: list[tuple[str, str | None, str | None]] = [
    ("ALTER TABLE t ADD COLUMN c INT", "INSTANT", None),
    ("ALTER TABLE t MODIFY a VARCHAR(30)", "INSTANT", None),
    ("ALTER TABLE t RENAME COLUMN b TO bb;", "INSTANT", None),
    ("CREATE INDEX i ON t (b)", "INPLACE", "NONE"),
    ("DROP INDEX `i b` ON t", "INPLACE", "NONE"),
    ("ALTER TABLE t MODIFY a VARCHAR(20) NOT NULL", "INPLACE", "NONE"),
    ("CREATE FULLTEXT INDEX ft ON t (a)", "INPLACE", "SHARED"),
    ("ALTER TABLE t MODIFY b BIGINT", "COPY", "SHARED"),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (b > 0)", "COPY", "SHARED"),
    ("ALTER TABLE t ADD INDEX z (b), ALGORITHM=COPY", "COPY", "SHARED"),
    ("ALTER TABLE t ADD INDEX z (b), LOCK=SHARED", "INPLACE", "SHARED"),
    ("ALTER TABLE t ADD COLUMN c INT, LOCK=NONE", "INSTANT", "NONE"),
    ("ALTER TABLE t ADD COLUMN c INT, ALGORITHM=NOCOPY, LOCK=EXCLUSIVE", "NOCOPY", "EXCLUSIVE"),
    ("CREATE INDEX z ON t (b) ALGORITHM=INPLACE LOCK=NONE", "INPLACE", "NONE"),
    ("ALTER TABLE t ADD INDEX z (b), ALGORITHM=DEFAULT", None, None),
    ("ALTER TABLE t ADD COLUMN `lock` INT, ADD COLUMN `algorithm` INT", "INSTANT", None),
]


@pytest.fixture
def filled(database: Connection) -> Connection:
    database.execute("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), b INT, KEY `i b` (b))")
    database.execute("INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 1)")
    return database


@pytest.mark.parametrize(("statement", "algorithm", "lock"), CASES)
def test_the_cheapest_accepted_form(
    filled: Connection, statement: str, algorithm: str | None, lock: str | None
) -> None:
    shown: Callable[[], Any] = lambda: filled.query("SHOW CREATE TABLE t")  # noqa: E731
    before = shown()
    refused_left_it: list[bool] = []

    def execute(tried: str) -> None:
        try:
            filled.execute(tried)
        except Exception:
            refused_left_it.append(shown() == before)
            raise

    form = cheapest_form(execute, statement)
    assert form is not None
    assert (form.algorithm, form.lock) == (algorithm, lock)
    assert form.blocks_writes == (algorithm not in ("INSTANT", "INPLACE") or lock == "SHARED")
    assert all(refused_left_it)
    assert len(refused_left_it) == len(form.refused)
    assert shown() != before


def test_an_error_of_every_form_is_raised_at_once(filled: Connection) -> None:
    with pytest.raises(Exception, match="Duplicate entry"):
        cheapest_form(filled.execute, "ALTER TABLE t ADD UNIQUE KEY u (b)")
    with pytest.raises(Exception, match="no_such"):
        cheapest_form(filled.execute, "ALTER TABLE no_such ADD COLUMN x INT")


def test_other_statements_are_not_run(filled: Connection) -> None:
    assert cheapest_form(filled.execute, "CREATE TABLE other (id INT)") is None
    assert cheapest_form(filled.execute, "DELETE FROM t") is None
    assert len(filled.query("SHOW TABLES")) == 1
