from __future__ import annotations

from review.case import Case

UP = """
op.create_table("tags", sa.Column("id", sa.Integer(), primary_key=True))
op.create_table(
    "posts",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("tag_id", sa.Integer(), sa.ForeignKey("tags.id", name="fk")),
)
"""

CASES = (
    *(
        Case(
            "hygiene/downgrade-fails",
            engine,
            "CREATE TABLE users (id int PRIMARY KEY);",
            bad=UP,
            bad_down='op.drop_table("tags")\nop.drop_table("posts")',
            good=UP,
            good_down='raise NotImplementedError("posts were published")',
            advised=UP,
            advised_down='op.drop_table("posts")\nop.drop_table("tags")',
        )
        for engine in ("postgresql", "mysql")
    ),
    Case(
        "hygiene/downgrade-fails",
        "sqlite",
        "CREATE TABLE users (id int PRIMARY KEY);",
        bad='op.add_column("users", sa.Column("nick", sa.Text()))',
        bad_down='op.drop_column("users", "nickname")',
        good='op.add_column("users", sa.Column("nick", sa.Text()))',
        good_down='op.drop_column("users", "nick")',
        advised='op.add_column("users", sa.Column("nick", sa.Text()))',
        advised_down='op.drop_column("users", "nick")',
    ),
)
