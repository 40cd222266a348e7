from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "locks/not-null-blocks",
        "postgresql",
        """
        CREATE TABLE users (id serial PRIMARY KEY, email text,
            proven text CONSTRAINT proven CHECK (proven IS NOT NULL));
        INSERT INTO users (email, proven) VALUES ('a', 'a'), ('b', 'b');
        """,
        bad='op.alter_column("users", "email", nullable=False)',
        good='op.alter_column("users", "proven", nullable=False)',
        advised=(
            """
            op.create_check_constraint("email_set", "users", "email IS NOT NULL",
                postgresql_not_valid=True)
            """,
            'op.execute("ALTER TABLE users VALIDATE CONSTRAINT email_set")',
            """
            op.alter_column("users", "email", nullable=False)
            op.drop_constraint("email_set", "users")
            """,
        ),
    ),
)
