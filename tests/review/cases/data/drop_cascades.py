from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE users (id serial PRIMARY KEY, nick text, mood mood);
CREATE TABLE orders (id serial PRIMARY KEY, user_id int CONSTRAINT fk_user REFERENCES users);
CREATE VIEW nicks AS SELECT nick FROM users;
CREATE INDEX ix_nick ON users (nick, mood);
CREATE TABLE alone (id serial PRIMARY KEY, n int UNIQUE CHECK (n > 0) REFERENCES orders);
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER look BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION seen();
"""


def _case(bad: str, good: str, *advised: str) -> Case:
    return Case(
        "data/drop-cascades",
        "postgresql",
        SETUP,
        bad=f"op.execute({bad!r})",
        good=f"op.execute({good!r})",
        advised="\n".join(f"op.execute({sql!r})" for sql in advised),
    )


CASES = (
    _case(
        "DROP TABLE users CASCADE",
        "DROP TABLE alone CASCADE",
        "ALTER TABLE orders DROP CONSTRAINT fk_user",
        "DROP VIEW nicks",
        "DROP TABLE users",
    ),
    _case(
        "ALTER TABLE users DROP COLUMN nick CASCADE",
        "ALTER TABLE alone DROP COLUMN n CASCADE",
        "DROP VIEW nicks",
        "ALTER TABLE users DROP COLUMN nick",
    ),
    _case(
        "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
        "ALTER TABLE alone DROP CONSTRAINT alone_pkey CASCADE",
        "ALTER TABLE orders DROP CONSTRAINT fk_user",
        "ALTER TABLE users DROP CONSTRAINT users_pkey",
    ),
    _case(
        "DROP TYPE mood CASCADE",
        "DROP VIEW nicks CASCADE",
        "ALTER TABLE users DROP COLUMN mood",
        "DROP TYPE mood",
    ),
    _case(
        "DROP FUNCTION seen() CASCADE",
        "DROP TABLE alone, orders",
        "DROP TRIGGER look ON orders",
        "DROP FUNCTION seen()",
    ),
)
