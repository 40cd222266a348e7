from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id int PRIMARY KEY, email text);
CREATE TABLE orders (id int PRIMARY KEY, at int);
"""
ONE = 'op.create_index("ix_users", "users", ["email"])'
TWO = 'op.create_index("ix_orders", "orders", ["at"])'

CASES = (
    Case(
        "hygiene/expensive-together",
        "postgresql",
        SETUP,
        bad=f"{ONE}\n{TWO}",
        good=f'{ONE}\nop.add_column("orders", sa.Column("note", sa.Text()))',
        advised=(ONE, TWO),
    ),
    Case(
        "hygiene/expensive-together",
        "postgresql",
        SETUP,
        bad="""
            op.create_check_constraint("positive", "orders", "at > 0 OR at IS NULL OR at <= 0")
            op.alter_column("users", "id", type_=sa.BigInteger())
        """,
        good="""
            op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))
            op.create_index("ix_notes", "notes", ["id"])
            op.create_index("ix_users", "users", ["email"])
        """,
        advised=(
            'op.create_check_constraint("positive", "orders", "at > 0 OR at IS NULL OR at <= 0")',
            'op.alter_column("users", "id", type_=sa.BigInteger())',
        ),
    ),
)
