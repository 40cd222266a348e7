from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE accounts (id int PRIMARY KEY, balance int);"

CASES = tuple(
    Case(
        "hygiene/backfill-repeats",
        engine,
        SETUP + "\nINSERT INTO accounts VALUES (1, 20), (2, 30);",
        bad='op.execute("UPDATE accounts SET balance = balance * 100")',
        good='op.execute("UPDATE accounts SET balance = 100 WHERE balance < 100")',
        advised="""
            op.add_column("accounts", sa.Column("cents", sa.Integer()))
            op.execute("UPDATE accounts SET cents = balance * 100 WHERE cents IS NULL")
        """,
        same=False,
    )
    for engine in ("postgresql", "mysql", "sqlite")
)
