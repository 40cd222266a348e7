from __future__ import annotations

from review.case import Case

UP = """
mood = sa.Enum("glad", "sad", name="mood")
mood.create(op.get_bind())
op.add_column("users", sa.Column("mood", mood))
"""

CASES = (
    Case(
        "hygiene/left-behind",
        "postgresql",
        "CREATE TABLE users (id int PRIMARY KEY);",
        bad=UP,
        bad_down='op.drop_column("users", "mood")',
        good='op.add_column("users", sa.Column("n", sa.Integer(), sa.Identity()))',
        good_down='op.drop_column("users", "n")',
        advised=UP,
        advised_down='op.drop_column("users", "mood")\nop.execute("DROP TYPE mood")',
    ),
)
