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
    Case(
        "locks/locks-another-table",
        "postgresql",
        """
        CREATE TABLE events (id bigint NOT NULL) PARTITION BY RANGE (id);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (2);
        CREATE TABLE old_events (id bigint);
        """,
        bad='op.drop_table("events_1")',
        good='op.drop_table("old_events")',
        advised="""
            with op.get_context().autocommit_block():
                op.execute("ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY")
            op.drop_table("events_1")
        """,
    ),
)
