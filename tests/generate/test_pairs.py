"""Random pairs of schemas: the revision gets there and back, on each engine, rows and all."""

from __future__ import annotations

from pathlib import Path

import pytest
from edits import Pair, pairs, problems
from hypothesis import HealthCheck, Phase, given, settings
from pairs import Place

EXAMPLES = 25
"""How many an engine; `scripts/random_pairs.py` runs thousands."""
BOUNDED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


@pytest.fixture
def sqlite(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def postgresql(postgresql_server: str) -> Place:
    return Place(postgresql_server)


@pytest.fixture
def mysql(mariadb_server: str) -> Place:
    return Place(mariadb_server)


@BOUNDED
@given(pair=pairs("sqlite"))
def test_sqlite(sqlite: Place, pair: Pair) -> None:
    assert problems(sqlite, pair) == []


@BOUNDED
@given(pair=pairs("postgresql"))
def test_postgresql(postgresql: Place, pair: Pair) -> None:
    assert problems(postgresql, pair) == []


@BOUNDED
@given(pair=pairs("mysql"))
def test_mariadb(mysql: Place, pair: Pair) -> None:
    assert problems(mysql, pair) == []
