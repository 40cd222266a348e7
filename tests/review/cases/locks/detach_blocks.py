from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "locks/detach-blocks",
        "postgresql",
        """
        CREATE TABLE orders (year int NOT NULL) PARTITION BY RANGE (year);
        CREATE TABLE orders_2019 PARTITION OF orders FOR VALUES FROM (2019) TO (2020);
        CREATE TABLE orders_2020 PARTITION OF orders FOR VALUES FROM (2020) TO (2021);
        """,
        bad='op.execute("ALTER TABLE orders DETACH PARTITION orders_2019")',
        good='op.add_column("orders", sa.Column("total", sa.Integer()))',
        advised="""
            with op.get_context().autocommit_block():
                op.execute("ALTER TABLE orders DETACH PARTITION orders_2019 CONCURRENTLY")
        """,
        # CONCURRENTLY leaves a CHECK of the old bounds
        same=False,
    ),
)
