from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE orders (year int NOT NULL) PARTITION BY RANGE (year);
CREATE TABLE orders_2019 PARTITION OF orders FOR VALUES FROM (2019) TO (2020);
CREATE TABLE orders_2020 PARTITION OF orders FOR VALUES FROM (2020) TO (2021);
"""
DEFAULT = f"{SETUP}CREATE TABLE orders_rest PARTITION OF orders DEFAULT;\n"
LIMIT = "op.execute(\"SET LOCAL lock_timeout = '2s'\")\n"
DETACH = 'op.execute("ALTER TABLE orders DETACH PARTITION orders_2019")'
CONCURRENTLY = """
with op.get_context().autocommit_block():
    op.execute("ALTER TABLE orders DETACH PARTITION orders_2019 CONCURRENTLY")
"""

CASES = (
    Case(
        "locks/detach-blocks",
        "postgresql",
        SETUP,
        bad=DETACH,
        good='op.add_column("orders", sa.Column("total", sa.Integer()))',
        advised=CONCURRENTLY,
        # CONCURRENTLY leaves a CHECK of the old bounds
        same=False,
    ),
    Case(
        "locks/detach-blocks",
        "postgresql",
        SETUP,
        bad=LIMIT + DETACH,
        good=f"{LIMIT}op.add_column('orders', sa.Column('total', sa.Integer()))",
        advised=CONCURRENTLY,
        same=False,
    ),
    # the server refuses CONCURRENTLY here
    Case(
        "locks/detach-blocks",
        "postgresql",
        DEFAULT,
        bad=DETACH,
        good='op.add_column("orders", sa.Column("total", sa.Integer()))',
        advised=LIMIT + DETACH,
    ),
)
