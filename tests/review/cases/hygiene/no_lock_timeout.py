from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY, email varchar(50));"
COLUMN = 'op.add_column("users", sa.Column("nick", sa.Text()))'

CASES = (
    Case(
        "hygiene/no-lock-timeout",
        "postgresql",
        SETUP,
        bad=COLUMN,
        good="""
            with op.get_context().autocommit_block():
                op.create_index("ix", "users", ["email"], postgresql_concurrently=True)
        """,
        advised=f"op.execute(\"SET lock_timeout = '2s'\")\n{COLUMN}",
    ),
    Case(
        "hygiene/no-lock-timeout",
        "mysql",
        SETUP,
        bad=COLUMN,
        good='op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))',
        advised=f'op.execute("SET lock_wait_timeout = 2")\n{COLUMN}',
    ),
)
