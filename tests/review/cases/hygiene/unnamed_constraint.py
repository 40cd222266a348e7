from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY, age int CHECK (age > 0));"


def _made(name: str) -> str:
    return f"""
op.create_table(
    "orders",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("user_id", sa.Integer()),
    sa.ForeignKeyConstraint(["user_id"], ["users.id"], name={name}),
)
"""


CASES = (
    *(
        Case(
            "hygiene/unnamed-constraint",
            engine,
            SETUP,
            bad=_made("None"),
            good='op.rename_table("users", "people")',
            advised=_made("'fk_orders_user_id'"),
            same=False,
        )
        for engine in ("postgresql", "mysql", "sqlite")
    ),
    Case(
        "hygiene/unnamed-constraint",
        "postgresql",
        SETUP,
        bad='op.create_unique_constraint(None, "users", ["age"])',
        good='op.create_unique_constraint("users_age_key", "users", ["age"])',
        advised='op.create_unique_constraint("users_age_key", "users", ["age"])',
    ),
)
