from __future__ import annotations

from review.case import Case


def _made(kind: str) -> str:
    return f'op.create_table("events", sa.Column("id", sa.{kind}(), primary_key=True))'


CASES = tuple(
    Case(
        "hygiene/small-primary-key",
        engine,
        "CREATE TABLE users (id int PRIMARY KEY);",
        bad=_made("Integer"),
        good="""
            op.create_table(
                "profiles",
                sa.Column("id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True),
            )
        """,
        advised=_made("BigInteger"),
        same=False,
    )
    for engine in ("postgresql", "mysql")
)
