"""SQL text comes out of ``sa.text()`` as it went in."""

from __future__ import annotations

from itertools import product

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from assay.generate.render import render_text


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_every_text_of_what_matters(length):
    """Colons, backslashes, words and what stands between, in every order."""
    dialect = DefaultDialect(paramstyle="named")
    for letters in product(":\\a '", repeat=length):
        sql = "".join(letters)
        made = eval(render_text(sql), {"sa": sa})
        assert str(made.compile(dialect=dialect)) == sql


@pytest.mark.parametrize(
    "sql",
    [
        "'{\"a:b\": 1}'",
        "'{}'::jsonb",
        "x ~ '[[:alpha:]]' AND y <> ' :z'",
        "to_char(now(), 'HH24:MI:SS')",
        "a[1:2]",
        "'a\\:b'",
        "E'line\\nnext' || '100%'",
        "'é\n\t'",
    ],
)
def test_real_ones(sql):
    made = eval(render_text(sql), {"sa": sa})
    assert str(made.compile(dialect=DefaultDialect(paramstyle="named"))) == sql


def test_a_text_that_needs_nothing_reads_as_it_is():
    assert render_text("now()") == "sa.text('now()')"
