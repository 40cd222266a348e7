from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id serial PRIMARY KEY, email text);
"""

CASES = (
    Case(
        "locks/work-under-lock",
        "postgresql",
        SETUP,
        bad="""
            op.add_column("users", sa.Column("nick", sa.Text()))
            op.create_index("ix_users_email", "users", ["email"])
        """,
        good="""
            op.add_column("users", sa.Column("nick", sa.Text()))
            op.alter_column("users", "email", comment="as typed")
        """,
        advised=(
            'op.add_column("users", sa.Column("nick", sa.Text()))',
            'op.create_index("ix_users_email", "users", ["email"])',
        ),
    ),
)
