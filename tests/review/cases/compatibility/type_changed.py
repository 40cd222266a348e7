from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "compatibility/type-changed",
        "postgresql",
        "CREATE TABLE users (id int PRIMARY KEY, nick varchar(10));",
        bad='op.alter_column("users", "nick", type_=sa.String(50))',
        good='op.alter_column("users", "nick", server_default="x")',
        advised='op.add_column("users", sa.Column("nick2", sa.String(50)))',
        same=False,
    ),
    Case(
        "compatibility/type-changed",
        "postgresql",
        "CREATE TYPE mood AS ENUM ('glad');\nCREATE TABLE users (id int PRIMARY KEY, mood mood);",
        bad='op.execute("ALTER TABLE users ALTER mood TYPE text")',
        good='op.execute("ALTER TYPE mood RENAME TO feeling")',
        advised='op.add_column("users", sa.Column("mood2", sa.Text()))',
        same=False,
    ),
)
