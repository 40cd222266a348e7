from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE orders (id serial PRIMARY KEY, total int);
"""

CASES = (
    Case(
        "locks/check-blocks",
        "postgresql",
        SETUP,
        bad='op.create_check_constraint("positive", "orders", "total > -1000000")',
        good="""
            op.create_table("notes", sa.Column("n", sa.Integer()), sa.CheckConstraint("n > 0"))
        """,
        advised=(
            """
            op.create_check_constraint("positive", "orders", "total > -1000000",
                postgresql_not_valid=True)
            """,
            'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT positive")',
        ),
    ),
    Case(
        "locks/check-blocks",
        "postgresql",
        SETUP,
        bad="""
            op.execute("ALTER TABLE orders ADD COLUMN z int DEFAULT 5 CONSTRAINT z_check CHECK (z > 0)")
        """,
        good='op.add_column("orders", sa.Column("z", sa.Integer(), server_default="5"))',
        advised=(
            'op.add_column("orders", sa.Column("z", sa.Integer(), server_default="5"))',
            'op.create_check_constraint("z_check", "orders", "z > 0", postgresql_not_valid=True)',
            'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT z_check")',
        ),
    ),
    Case(
        "locks/check-blocks",
        "mysql",
        "CREATE TABLE orders (id INT PRIMARY KEY, total INT);",
        bad='op.create_check_constraint("positive", "orders", "total > -1000000")',
        good='op.add_column("orders", sa.Column("z", sa.Integer()))',
        advised="pass",
        same=False,
    ),
    Case(
        "locks/check-blocks",
        "mysql",
        "CREATE TABLE orders (id INT PRIMARY KEY, total INT, CONSTRAINT positive CHECK (total > -9));",
        # another in its place: no less is read and copied
        bad="""
            with op.in_one_statement():
                op.drop_constraint("positive", "orders", type_="check")
                op.create_check_constraint("positive", "orders", "total > -1000000")
        """,
        good='op.drop_constraint("positive", "orders", type_="check")',
        advised="pass",
        same=False,
    ),
)
