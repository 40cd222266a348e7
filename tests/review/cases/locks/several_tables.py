from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE orders (user_id int);
CREATE TABLE notes (user_id int);
"""
ORDERS = """
op.create_foreign_key("fk_o", "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)
"""
NOTES = """
op.create_foreign_key("fk_n", "notes", "users", ["user_id"], ["id"], postgresql_not_valid=True)
"""
LIMIT = "op.execute(\"SET LOCAL lock_timeout = '2s'\")"

CASES = (
    Case(
        "locks/several-tables",
        "postgresql",
        SETUP,
        bad=ORDERS + NOTES,
        good=ORDERS + 'op.create_index("ix", "orders", ["user_id"])',
        advised=(ORDERS, NOTES),
    ),
    # each key locks the table that it refers to as well
    Case(
        "locks/several-tables",
        "postgresql",
        SETUP,
        bad=LIMIT + ORDERS + NOTES,
        good=f"""
            {LIMIT}
            op.add_column("orders", sa.Column("seen", sa.Boolean()))
            op.add_column("notes", sa.Column("seen", sa.Boolean()))
        """,
        advised=(LIMIT + ORDERS, LIMIT + NOTES),
    ),
)
