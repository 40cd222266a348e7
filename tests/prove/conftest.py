"""What is made here is held against what is made beside it, on servers of the run's own."""

from __future__ import annotations

from quick import mariadb_server, postgresql_server

__all__ = ["mariadb_server", "postgresql_server"]
