from __future__ import annotations

from review.case import Case

POSTGRESQL = "CREATE TABLE users (id serial PRIMARY KEY);"
OTHERS = "CREATE TABLE users (id INTEGER PRIMARY KEY);"
SET = """
op.add_column("users", sa.Column("age", sa.Integer()))
op.execute("UPDATE users SET age = 0")
"""
NOT_NULL = 'op.alter_column("users", "age", existing_type=sa.Integer(), nullable=False)'
BATCH = """
with op.batch_alter_table("users") as batch:
    batch.alter_column("age", existing_type=sa.Integer(), nullable=False)
"""


def _case(engine: str, setup: str, not_null: str) -> Case:
    return Case(
        "data/no-value-for-rows",
        engine,
        setup,
        bad='op.add_column("users", sa.Column("age", sa.Integer(), nullable=False))',
        good="""
            op.add_column("users",
                sa.Column("age", sa.Integer(), nullable=False, server_default="0"))
        """,
        advised=SET + not_null,
        same=engine != "sqlite",
    )


CASES = (
    _case("postgresql", POSTGRESQL, NOT_NULL),
    _case("mysql", OTHERS, NOT_NULL),
    _case("sqlite", OTHERS, BATCH),
)
