from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id bigint PRIMARY KEY, nick varchar(20) UNIQUE);
CREATE TABLE orders (id int PRIMARY KEY, nick text);
"""


def _added(kind: str) -> str:
    return (
        f'op.add_column("orders", sa.Column("user_id", sa.{kind}()))\n'
        'op.create_foreign_key("fk", "orders", "users", ["user_id"], ["id"])'
    )


def _made(kind: str) -> str:
    column = f'sa.Column("user_id", sa.{kind}(), sa.ForeignKey("users.id", name="fk"))'
    return f'op.create_table("posts", sa.Column("id", sa.Integer(), primary_key=True), {column})'


CASES = (
    Case(
        "hygiene/foreign-key-type-differs",
        "postgresql",
        SETUP,
        bad=_added("Integer"),
        good='op.create_foreign_key("fk", "orders", "users", ["nick"], ["nick"])',
        advised=_added("BigInteger"),
        same=False,
    ),
    Case(
        "hygiene/foreign-key-type-differs",
        "sqlite",
        SETUP,
        bad=_made("Text"),
        good=_made("Integer"),
        advised=_made("BigInteger"),
        same=False,
    ),
)
