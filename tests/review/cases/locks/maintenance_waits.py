from __future__ import annotations

from review.case import Case

SET = 'op.execute("ALTER TABLE orders ALTER total SET STATISTICS 500")'
INDEX = 'op.create_index("ix_total", "orders", ["total"])'

CASES = (
    Case(
        "locks/maintenance-waits",
        "postgresql",
        "CREATE TABLE orders (id serial PRIMARY KEY, total int);",
        bad=f"{SET}\n{INDEX}",
        good=f"{SET}\nop.execute(\"COMMENT ON TABLE orders IS 'sold'\")",
        advised=(SET, INDEX),
    ),
    Case(
        "locks/maintenance-waits",
        "postgresql",
        """
        CREATE TABLE orders (id serial PRIMARY KEY, total int);
        ALTER TABLE orders ADD CONSTRAINT small CHECK (total < 1000000000) NOT VALID;
        """,
        bad="""
            op.execute("COMMENT ON TABLE orders IS 'sold'")
            op.execute("ALTER TABLE orders VALIDATE CONSTRAINT small")
        """,
        good="""
            op.execute("ALTER TABLE orders VALIDATE CONSTRAINT small")
            op.execute("COMMENT ON TABLE orders IS 'sold'")
        """,
        advised=(
            "op.execute(\"COMMENT ON TABLE orders IS 'sold'\")",
            'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT small")',
        ),
    ),
)
