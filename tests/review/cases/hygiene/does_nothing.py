from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "hygiene/does-nothing",
        "sqlite",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);",
        bad="""
            if op.get_bind().dialect.name == "postgresql":
                op.create_index("ix_users_email", "users", ["email"])
        """,
        good="pass",
        advised='op.create_index("ix_users_email", "users", ["email"])',
        same=False,
    ),
    # a guard that asks the database, and finds nothing to do
    Case(
        "hygiene/does-nothing",
        "sqlite",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);",
        bad="""
            if op.get_bind().dialect.name == "postgresql":
                op.execute("CREATE EXTENSION citext")
        """,
        good="""
            if not sa.inspect(op.get_bind()).has_table("users"):
                op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
        """,
        advised="pass",
    ),
)
