from __future__ import annotations

from review.case import Case

COLUMN = 'op.add_column("users", sa.Column("nick", sa.Text()))'

CASES = (
    *tuple(
        Case(
            "hygiene/no-downgrade",
            engine,
            "CREATE TABLE users (id int PRIMARY KEY);",
            bad=COLUMN,
            good="op.execute('UPDATE users SET id = id + 1000')",
            advised=COLUMN,
            advised_down='op.drop_column("users", "nick")',
        )
        for engine in ("postgresql", "mysql", "sqlite")
    ),
    Case(
        "hygiene/no-downgrade",
        "postgresql",
        "CREATE TABLE users (id int PRIMARY KEY);",
        bad=COLUMN,
        bad_down="op.execute('SELECT 1')",
        good=COLUMN,
        good_down='op.drop_column("users", "nick")',
        advised=COLUMN,
        advised_down='raise NotImplementedError("nick is needed by the old release as well")',
    ),
    Case(
        "hygiene/no-downgrade",
        "postgresql",
        "CREATE TYPE mood AS ENUM ('glad');\nCREATE TABLE users (id int PRIMARY KEY, mood mood);",
        bad="""
            with op.get_context().autocommit_block():
                op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'sad'")
        """,
        good="op.execute(\"UPDATE users SET mood = 'glad'\")",
        advised="""
            with op.get_context().autocommit_block():
                op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'sad'")
        """,
        advised_down='raise NotImplementedError("PostgreSQL drops no value of an enum")',
    ),
)
