from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "compatibility/json-column",
        "postgresql",
        "CREATE TABLE users (id int PRIMARY KEY, old json);",
        bad='op.add_column("users", sa.Column("settings", sa.JSON()))',
        good='op.alter_column("users", "old", new_column_name="older")',
        advised="""
            from sqlalchemy.dialects.postgresql import JSONB
            op.add_column("users", sa.Column("settings", JSONB()))
        """,
        same=False,
    ),
)
