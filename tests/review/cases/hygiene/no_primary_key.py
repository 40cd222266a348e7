from __future__ import annotations

from review.case import Case

CASES = tuple(
    Case(
        "hygiene/no-primary-key",
        engine,
        "CREATE TABLE old (at int);",
        bad='op.create_table("events", sa.Column("at", sa.Integer()))',
        good='op.execute("ALTER TABLE old RENAME TO older")',
        advised="""
            op.create_table(
                "events",
                sa.Column("at", sa.Integer()),
                sa.Column("id", sa.BigInteger(), primary_key=True),
            )
        """,
        same=False,
    )
    for engine in ("postgresql", "mysql", "sqlite")
)
