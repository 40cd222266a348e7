from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY, nick text);"
COLUMN = 'op.add_column("users", sa.Column("handle", sa.Text()))'
FILL = 'op.execute("UPDATE users SET handle = nick WHERE handle IS DISTINCT FROM nick")'

CASES = (
    Case(
        "hygiene/data-under-lock",
        "postgresql",
        SETUP,
        bad=f"{COLUMN}\n{FILL}",
        good="""
            op.create_table("kinds", sa.Column("id", sa.Integer(), primary_key=True))
            op.execute("INSERT INTO kinds VALUES (1), (2)")
            op.execute("UPDATE users SET nick = 'x'")
        """,
        advised=(COLUMN, FILL),
    ),
    Case(
        "hygiene/data-under-lock",
        "postgresql",
        SETUP,
        bad="""
            op.execute(
                "DO $$ BEGIN LOCK users IN SHARE MODE; UPDATE users SET nick = 'x'; END $$"
            )
        """,
        good="""
            op.execute("UPDATE users SET nick = 'x'")
            op.add_column("users", sa.Column("handle", sa.Text()))
        """,
        advised="op.execute(\"DO $$ BEGIN UPDATE users SET nick = 'x'; END $$\")",
    ),
)
