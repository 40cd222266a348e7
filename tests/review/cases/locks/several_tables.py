from __future__ import annotations

from review.case import Case

ORDERS = """
op.create_foreign_key("fk_o", "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)
"""
NOTES = """
op.create_foreign_key("fk_n", "notes", "users", ["user_id"], ["id"], postgresql_not_valid=True)
"""

CASES = (
    Case(
        "locks/several-tables",
        "postgresql",
        """
        CREATE TABLE users (id serial PRIMARY KEY);
        CREATE TABLE orders (user_id int);
        CREATE TABLE notes (user_id int);
        """,
        bad=ORDERS + NOTES,
        good=ORDERS + 'op.create_index("ix", "orders", ["user_id"])',
        advised=(ORDERS, NOTES),
    ),
)
