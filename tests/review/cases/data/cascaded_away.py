from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id INTEGER PRIMARY KEY, age INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE);
"""
ON = 'op.execute("PRAGMA foreign_keys = ON")\n'
BATCH = """
with op.batch_alter_table("users") as batch_op:
    batch_op.alter_column("age", existing_type=sa.Integer(), type_=sa.BigInteger())
"""

CASES = (
    Case(
        "data/cascaded-away",
        "sqlite",
        SETUP,
        bad=ON + BATCH,
        good=BATCH,
        advised=ON
        + """
op.rebuild_table("users", sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("age", sa.BigInteger()))
""",
        same=False,
    ),
)
