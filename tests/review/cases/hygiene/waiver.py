from __future__ import annotations

from review.case import Case

INDEX = 'op.create_index("ix_users_email", "users", ["email"])'
WAIVER = "# assay: allow index-blocks-writes, no-lock-timeout"

CASES = (
    # without a reason it waives nothing
    Case(
        "hygiene/waiver",
        "postgresql",
        "CREATE TABLE users (id serial PRIMARY KEY, email text);",
        bad=f"{WAIVER}\n{INDEX}",
        good=INDEX,
        advised=f"{WAIVER} -- 40 rows, DB-12\n{INDEX}",
    ),
    # there is nothing to waive
    Case(
        "hygiene/waiver",
        "sqlite",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);",
        bad=f"# assay: allow index-blocks-writes -- 40 rows\n{INDEX}",
        good=f"# 40 rows\n{INDEX}",
        advised=INDEX,
    ),
)
