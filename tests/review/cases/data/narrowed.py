from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id serial PRIMARY KEY, code varchar(50), n bigint, price numeric(12, 2), note text);
"""


def _case(old: str, bad: str, good: str) -> Case:
    change = "op.execute('ALTER TABLE users ALTER {} TYPE {}')"
    return Case(
        "data/narrowed",
        "postgresql",
        SETUP,
        bad=change.format(old, bad),
        good=change.format(old, good),
        advised="pass",
        same=False,
    )


CASES = (
    _case("code", "varchar(10)", "varchar(60)"),
    _case("code", "char(10)", "text"),
    _case("n", "int", "numeric"),
    _case("price", "numeric(8, 2)", "numeric(14, 2)"),
    _case("note", "varchar(20)", "varchar"),
    Case(
        "data/narrowed",
        "mysql",
        "CREATE TABLE users (id INT PRIMARY KEY, code VARCHAR(50));",
        bad='op.execute("ALTER TABLE users MODIFY code VARCHAR(10)")',
        good='op.execute("ALTER TABLE users MODIFY code VARCHAR(60)")',
        advised="pass",
        same=False,
    ),
)
