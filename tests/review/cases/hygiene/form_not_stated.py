from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE orders (id INT PRIMARY KEY, total INT, note VARCHAR(20));"


def _case(bad: str, good: str, advised: str) -> Case:
    return Case("hygiene/form-not-stated", "mysql", SETUP, bad=bad, good=good, advised=advised)


CASES = (
    _case(
        bad='op.add_column("orders", sa.Column("state", sa.Text()))',
        good="""
            op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
            op.add_column("users", sa.Column("nick", sa.Text()))
        """,
        advised='op.execute("ALTER TABLE orders ADD COLUMN state TEXT, ALGORITHM=INSTANT")',
    ),
    _case(
        bad='op.create_index("ix_orders_total", "orders", ["total"])',
        good='op.execute("UPDATE orders SET total = 1 WHERE total = -5")',
        advised="""
            op.execute("CREATE INDEX ix_orders_total ON orders (total) "
                       "ALGORITHM=INPLACE LOCK=NONE")
        """,
    ),
    # of what blocks writes in any form another rule tells
    _case(
        bad='op.execute("ALTER TABLE orders MODIFY note VARCHAR(40)")',
        good='op.execute("ALTER TABLE orders MODIFY total BIGINT")',
        advised='op.execute("ALTER TABLE orders MODIFY note VARCHAR(40), ALGORITHM=INSTANT")',
    ),
)
