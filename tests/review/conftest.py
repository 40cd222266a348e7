"""A server for many small databases: one of the run's own, which does not wait for the disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from real_servers import private_postgresql


@pytest.fixture(scope="session")
def quick_postgresql() -> Iterator[str]:
    """URL of a PostgreSQL server of the run."""
    with private_postgresql() as url:
        yield url
