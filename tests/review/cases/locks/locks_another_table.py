from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE orders (id serial PRIMARY KEY, user_id int,
    CONSTRAINT fk_user FOREIGN KEY (user_id) REFERENCES users, CONSTRAINT pos CHECK (id > 0));
"""
FIRST = """
op.execute("SET LOCAL lock_timeout = '2s'")
op.drop_constraint("fk_user", "orders")
"""

CASES = (
    Case(
        "locks/locks-another-table",
        "postgresql",
        SETUP,
        bad='op.drop_table("orders")',
        good='op.drop_constraint("pos", "orders")',
        advised=(FIRST, 'op.drop_table("orders")'),
    ),
    Case(
        "locks/locks-another-table",
        "postgresql",
        SETUP,
        bad='op.drop_constraint("fk_user", "orders")',
        good='op.create_table("notes", sa.Column("id", sa.Integer()))',
        advised=FIRST,
    ),
)
