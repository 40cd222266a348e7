from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "locks/refresh-blocks",
        "postgresql",
        """
        CREATE TABLE orders (id serial PRIMARY KEY, total int);
        CREATE MATERIALIZED VIEW totals AS SELECT id, total FROM orders;
        CREATE UNIQUE INDEX ix_totals ON totals (id);
        """,
        bad='op.execute("REFRESH MATERIALIZED VIEW totals")',
        good="""
            op.execute("CREATE MATERIALIZED VIEW sums AS SELECT sum(total) FROM orders")
            op.execute("REFRESH MATERIALIZED VIEW sums")
        """,
        advised='op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")',
    ),
)
