"""The server's texts of constraints and indexes, taken apart and made again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from pairs import Place

from assay.generate.postgresql import definitions
from assay.generate.postgresql.tokens import source_of


def test_keys():
    found = definitions.key('UNIQUE NULLS NOT DISTINCT (a, "B c") INCLUDE (n) DEFERRABLE')
    assert found == definitions.Key(("a", "B c"), ("n",), True, True)
    assert definitions.key("PRIMARY KEY (id)") == definitions.Key(("id",))
    assert definitions.key("PRIMARY KEY (id, during WITHOUT OVERLAPS)") is None


def test_references():
    found = definitions.reference(
        'FOREIGN KEY (a, "B c") REFERENCES public."Or g"(id, x) MATCH FULL ON UPDATE CASCADE '
        "ON DELETE SET NULL (a) DEFERRABLE INITIALLY DEFERRED NOT VALID"
    )
    assert found == definitions.Reference(
        ("a", "B c"),
        ("public", "Or g"),
        ("id", "x"),
        "FULL",
        "CASCADE",
        "SET NULL (a)",
        True,
        "DEFERRED",
        True,
    )


def test_exclusions():
    found = definitions.exclusion(
        "EXCLUDE USING gist (a gist_text_ops WITH =, during WITH &&) WHERE ((n > 0)) DEFERRABLE"
    )
    elements = (("a gist_text_ops", "="), ("during", "&&"))
    assert found == definitions.Exclusion("gist", elements, "n > 0", True)


def test_indexes():
    found = definitions.index(
        'CREATE UNIQUE INDEX "I x" ON ONLY public.t USING btree (v DESC, lower(w) "C", ((n + 1)))'
        " INCLUDE (m) NULLS NOT DISTINCT WITH (fillfactor='70') WHERE ((v)::text = ')'::text)"
    )
    assert found is not None
    assert found.elements == ("v DESC", 'lower(w) "C"', "((n + 1))")
    assert (found.name, found.include, found.options) == ("I x", ("m",), {"fillfactor": "70"})
    assert found.where == "(v)::text = ')'::text"


EXPRESSIONS = [
    "v IN ('a', 'b')",
    "v NOT IN ('a', 'it''s [x]')",
    "w IN ('a', 'b')",
    "n IN (1, 2)",
    "m IN (1, 2)",
    "ch IN ('a', 'b')",
    "lower(v) IN ('a', 'b')",
    "coalesce(v, 'a') IN ('a', 'b')",
    "\"Odd one\" IN ('q', 'r')",
    "v = ANY (ARRAY['x', 'y'])",
    "n > -1 AND m > -1.5 OR d BETWEEN '2020-01-01' AND '2021-01-01'",
    r"v ~ '^\d+$' AND substring(v FROM 1 FOR 2) = 'ab' AND extract(year FROM d) > 1000",
]


@pytest.fixture(scope="module")
def connection(postgresql_server):
    with Place(postgresql_server).database() as engine, engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE t (v varchar(10), w text, n int, m numeric(5, 2), ch char(3), d date,"
            ' "Odd one" varchar)'
        )
        yield connection


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_server_renders_the_source_of_a_text_as_that_text(connection, expression):
    def rendered(condition: str) -> str:
        connection.execute(sa.text("ALTER TABLE t DROP CONSTRAINT IF EXISTS c"))
        connection.exec_driver_sql(f"ALTER TABLE t ADD CONSTRAINT c CHECK ({condition})")
        query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'c'"
        return str(connection.execute(sa.text(query)).scalar_one())

    text = rendered(expression)
    check = definitions.check(text)
    assert check is not None
    assert rendered(source_of(check.expression)) == text
