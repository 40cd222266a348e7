"""The tables: the single source of truth of the schema.

Change the schema here and nowhere else, then run ``assay change -m "what and why"``.
See docs/schema-changes.md.
"""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    text,
)

from src.adapters.persistence.orm import types

# Every constraint and index gets a name, the same on every database, so that a revision can name it
# to drop it. A CHECK constraint has nothing to make a name of: give it one.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _now() -> datetime:
    return datetime.now(timezone.utc)


authors = Table(
    "authors",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("created_at", types.UTCDateTime(), nullable=False, default=_now),
)


books = Table(
    "books",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(300), nullable=False, index=True),
    Column("author_id", ForeignKey("authors.id", ondelete="RESTRICT"), nullable=False),
    Column("isbn", types.Isbn(), nullable=False, unique=True),
    Column("language", String(8)),
    Column("published_on", Date),
    Column("shelf", String(20)),
)


offers = Table(
    "offers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("book_id", ForeignKey("books.id", ondelete="CASCADE"), nullable=False),
    Column("binding", String(20), nullable=False),
    Column("price", Numeric(10, 2), nullable=False, server_default=text("0")),
    Column("currency", String(3), nullable=False, server_default="EUR"),
    Column("valid_from", types.UTCDateTime(), nullable=False, default=_now),
    UniqueConstraint("book_id", "binding", "valid_from"),
    CheckConstraint("price >= 0", name="price_not_negative"),
)
