from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER);
"""
KEY = """
with op.batch_alter_table("orders") as batch:
    batch.create_foreign_key("fk_user", "users", ["user_id"], ["id"]{})
"""


def _case(engine: str) -> Case:
    return Case(
        "data/cascade-added",
        engine,
        SETUP,
        bad=KEY.format(', ondelete="CASCADE"'),
        good="""
            op.create_table("notes", sa.Column("user_id", sa.Integer(),
                sa.ForeignKey("users.id", ondelete="CASCADE")))
        """,
        advised=KEY.format(""),
        same=False,
    )


CASES = tuple(_case(engine) for engine in ("postgresql", "mysql", "sqlite"))
