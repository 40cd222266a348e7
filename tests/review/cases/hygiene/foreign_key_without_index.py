from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, user_id int, at int);
"""
KEY = 'op.create_foreign_key("fk", "orders", "users", ["user_id"], ["id"])\n'
INDEX = 'op.create_index("ix", "orders", ["user_id", "at"])\n'
BATCH = """
with op.batch_alter_table("orders") as batch_op:
    batch_op.create_foreign_key("fk", "users", ["user_id"], ["id"])
"""

CASES = (
    Case(
        "hygiene/foreign-key-without-index",
        "postgresql",
        SETUP,
        bad=KEY + 'op.create_index("ix", "orders", ["user_id"], postgresql_where="at > 3")',
        good=KEY + INDEX,
        advised=INDEX + KEY,
        same=False,
    ),
    # a table that is renamed takes its keys along
    *(
        Case(
            "hygiene/foreign-key-without-index",
            engine,
            SETUP.replace("user_id int", "user_id int REFERENCES users (id)"),
            bad=KEY.replace('"orders", "users"', '"orders", "orders"')
            if engine == "postgresql"
            else BATCH.replace('"users"', '"orders"'),
            good='op.execute("ALTER TABLE orders RENAME TO purchases")',
            advised="pass",
            same=False,
        )
        for engine in ("postgresql", "sqlite")
    ),
    Case(
        "hygiene/foreign-key-without-index",
        "sqlite",
        SETUP,
        bad=BATCH + 'op.create_index("ix", "orders", ["at", "user_id"])',
        good="""
            op.create_table(
                "notes",
                sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", name="fk"), primary_key=True),
            )
        """,
        advised=INDEX + BATCH,
        same=False,
    ),
)
