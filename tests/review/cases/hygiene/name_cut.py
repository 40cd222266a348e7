from __future__ import annotations

from review.case import Case

LONG = "ix_users_email_for_the_report_that_finance_asked_for_in_the_autumn_of_2026"

CASES = (
    Case(
        "hygiene/name-cut",
        "postgresql",
        "CREATE TABLE users (id int PRIMARY KEY, email text);",
        bad=f'op.execute("CREATE INDEX {LONG} ON users (email)")',
        good=f'op.execute("CREATE INDEX {LONG[:63]} ON users (email)")',
        advised='op.execute("CREATE INDEX ix_users_email_finance_2026 ON users (email)")',
        same=False,
    ),
)
