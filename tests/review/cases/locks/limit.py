from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "locks/limit",
        "postgresql",
        "CREATE TABLE orders (id serial PRIMARY KEY, total int);",
        bad='op.create_index("ix", "orders", ["total"])',
        good="""
            op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))
            op.drop_table("notes")
        """,
        advised="""
            with op.get_context().autocommit_block():
                op.create_index("ix", "orders", ["total"], postgresql_concurrently=True)
        """,
        settings='[tool.assay.locks]\norders = "SHARE UPDATE EXCLUSIVE"',
    ),
    Case(
        "locks/limit",
        "mysql",
        "CREATE TABLE orders (id INT PRIMARY KEY, total INT, note TEXT);",
        bad='op.execute("ALTER TABLE orders MODIFY total BIGINT")',
        good='op.create_index("ix", "orders", ["total"])',
        advised='op.add_column("orders", sa.Column("total_wide", sa.BigInteger()))',
        same=False,
        settings='[tool.assay.locks]\n"*" = "NONE"',
    ),
)
