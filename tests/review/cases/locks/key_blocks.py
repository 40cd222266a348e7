from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id int NOT NULL, email text);
CREATE UNIQUE INDEX ready ON users (email);
"""
ROOMS = """
CREATE TABLE bookings (id serial PRIMARY KEY, during tsrange);
"""

CASES = (
    Case(
        "locks/key-blocks",
        "postgresql",
        SETUP,
        bad='op.create_unique_constraint("uq_users_email", "users", ["email"])',
        good='op.execute("ALTER TABLE users ADD CONSTRAINT uq UNIQUE USING INDEX ready")',
        advised=(
            """
            with op.get_context().autocommit_block():
                op.create_index("uq_users_email", "users", ["email"], unique=True,
                    postgresql_concurrently=True)
            """,
            'op.execute("ALTER TABLE users ADD UNIQUE USING INDEX uq_users_email")',
        ),
    ),
    Case(
        "locks/key-blocks",
        "postgresql",
        SETUP,
        bad='op.create_primary_key("users_pkey", "users", ["id"])',
        good='op.execute("ALTER TABLE users ADD COLUMN nick text")',
        advised=(
            """
            with op.get_context().autocommit_block():
                op.create_index("users_pkey", "users", ["id"], unique=True,
                    postgresql_concurrently=True)
            """,
            'op.execute("ALTER TABLE users ADD PRIMARY KEY USING INDEX users_pkey")',
        ),
    ),
    Case(
        "locks/key-blocks",
        "postgresql",
        SETUP,
        bad='op.execute("ALTER TABLE users ADD COLUMN nick text UNIQUE")',
        good='op.execute("CREATE TABLE nicks (nick text UNIQUE)")',
        advised=(
            'op.add_column("users", sa.Column("nick", sa.Text()))',
            """
            with op.get_context().autocommit_block():
                op.create_index("users_nick_key", "users", ["nick"], unique=True,
                    postgresql_concurrently=True)
            """,
            'op.execute("ALTER TABLE users ADD UNIQUE USING INDEX users_nick_key")',
        ),
    ),
    Case(
        "locks/key-blocks",
        "postgresql",
        ROOMS,
        bad='op.execute("ALTER TABLE bookings ADD CONSTRAINT once EXCLUDE USING gist (during WITH &&)")',
        good='op.execute("CREATE TABLE once (during tsrange, EXCLUDE USING gist (during WITH &&))")',
        advised="""
            op.execute("CREATE TABLE bookings_new (LIKE bookings INCLUDING ALL)")
            op.execute("ALTER TABLE bookings_new ADD EXCLUDE USING gist (during WITH &&)")
        """,
        same=False,
    ),
)
