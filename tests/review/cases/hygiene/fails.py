from __future__ import annotations

from review.case import Case

SQLITE = """
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, nick TEXT);
CREATE INDEX ix ON users (email);
"""


def _batch(what: str) -> str:
    return f'with op.batch_alter_table("users") as batch_op:\n    batch_op.{what}'


CASES = (
    Case(
        "hygiene/fails",
        "postgresql",
        "CREATE TABLE users (id serial PRIMARY KEY, email text);",
        bad='op.create_index("ix", "users", ["email"], postgresql_concurrently=True)',
        good='op.create_index("ix", "users", ["email"])',
        advised="""
            with op.get_context().autocommit_block():
                op.create_index("ix", "users", ["email"], postgresql_concurrently=True)
        """,
        same=False,
    ),
    *(
        Case("hygiene/fails", "sqlite", SQLITE, bad=bad, good=good, advised=advised, same=False)
        for bad, good, advised in (
            (
                'op.execute("ALTER TABLE users ALTER COLUMN email SET NOT NULL")',
                'op.execute("ALTER TABLE users RENAME COLUMN email TO mail")',
                _batch('alter_column("email", existing_type=sa.Text(), type_=sa.String())'),
            ),
            (
                'op.drop_column("users", "email")',
                'op.drop_column("users", "nick")',
                'op.drop_index("ix", "users")\nop.drop_column("users", "email")',
            ),
        )
    ),
)
