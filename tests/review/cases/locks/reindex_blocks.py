from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id serial PRIMARY KEY, email text);
CREATE INDEX ix_users_email ON users (email);
"""


def _case(bad: str, advised: str) -> Case:
    return Case(
        "locks/reindex-blocks",
        "postgresql",
        SETUP,
        bad=f'op.execute("{bad}")',
        good='op.execute("TRUNCATE users")',
        advised=f"""
            with op.get_context().autocommit_block():
                op.execute("{advised}")
        """,
    )


CASES = (
    _case("REINDEX INDEX ix_users_email", "REINDEX INDEX CONCURRENTLY ix_users_email"),
    _case("REINDEX TABLE users", "REINDEX TABLE CONCURRENTLY users"),
)
