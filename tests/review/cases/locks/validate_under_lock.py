from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE orders (id serial PRIMARY KEY, total int, user_id int);
"""
CHECK = """
op.create_check_constraint("small", "orders", "total < 100000000", postgresql_not_valid=True)
"""
KEY = """
op.create_foreign_key("fk_user", "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)
"""


def _case(add: str, name: str, more: str = "") -> Case:
    validate = f'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT {name}")'
    return Case(
        "locks/validate-under-lock",
        "postgresql",
        SETUP + more,
        bad=add + validate,
        good=add,
        advised=(add, validate),
    )


CASES = (
    _case(CHECK, "small"),
    _case(KEY, "fk_user"),
)
