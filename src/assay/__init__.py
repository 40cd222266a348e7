"""Assay runs and proves the safe schema change procedure on SQLAlchemy + Alembic projects."""

__version__ = "0.1.0"

__all__ = ["__version__"]
