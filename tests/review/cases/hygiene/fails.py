from __future__ import annotations

from review.case import Case

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
)
