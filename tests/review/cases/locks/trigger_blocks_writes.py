from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE orders (id serial PRIMARY KEY, total int);
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER there BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION seen();
"""
MAKE = """
op.execute("CREATE TRIGGER look BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION seen()")
"""
LIMIT = "op.execute(\"SET LOCAL lock_timeout = '2s'\")"


def _case(bad: str) -> Case:
    return Case(
        "locks/trigger-blocks-writes",
        "postgresql",
        SETUP,
        bad=bad,
        good='op.execute("CREATE TABLE notes (id int)")' + MAKE.format("notes"),
        advised=f"{LIMIT}\n{bad.strip()}",
    )


CASES = (
    _case(MAKE.format("orders")),
    _case('op.execute("ALTER TABLE orders DISABLE TRIGGER there")'),
    _case('op.execute("DROP TRIGGER there ON orders")'),
)
