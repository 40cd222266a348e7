"""For the ``conftest.py`` of a folder whose tests make many small databases: quick servers."""

from __future__ import annotations

import pytest

__all__ = ["mariadb_server", "postgresql_server"]


@pytest.fixture(scope="session")
def postgresql_server(quick_postgresql: str) -> str:
    """URL of the run's own PostgreSQL server."""
    return quick_postgresql


@pytest.fixture(scope="session")
def mariadb_server(quick_mariadb: str) -> str:
    """URL of the run's own MariaDB or MySQL server."""
    return quick_mariadb
